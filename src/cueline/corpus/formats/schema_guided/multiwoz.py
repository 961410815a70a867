"""MultiWOZ 2.2 (Zang and others, 2020): shards as in Schema-Guided Dialogue, acts in a file apart.

    train/dialogues_001.json   [{"dialogue_id": "PMUL0698.json", "turns": [{"turn_id": "0", ...
    dialog_acts.json           {"PMUL0698.json": {"1": {"dialog_act":
                                                        {"Hotel-Inform": [["area", "north"]]}}}}

`dialog_acts.json` stands beside the shards or a folder above. The acts of the system's turns are
the actions; `multiwoz-slots` names them with their slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cueline.corpus.account import Account
from cueline.corpus.files import read_bytes
from cueline.corpus.formats.schema_guided.acts import Label, read_each, without_slot
from cueline.corpus.formats.schema_guided.frames import Act, Schema
from cueline.corpus.formats.schema_guided.sgd import (
    dialogue,
    has_speakers,
    has_turn_ids,
    record_of,
)
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error
from cueline.io import decode

ACTS = "dialog_acts.json"
_NO_SLOT = ("none", "?")


class _TurnActs(Struct):
    dialog_act: dict[str, list[list[str]]] = {}


_Acts = dict[str, dict[str, _TurnActs]]


def recognises(sample: Sample) -> bool:
    """Whether the file is a shard whose turns are numbered."""
    return has_speakers(sample) and has_turn_ids(sample)


def read(
    path: Path, account: Account | None = None, label: Label = without_slot
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; acts are actions."""
    acts = _read_acts(path)
    account = account or Account()

    def made(text: bytes, place: Place) -> Dialogue:
        record = record_of(text, place)
        if record.dialogue_id not in acts:
            raise corpus_error(place, f"{record.dialogue_id!r} has no acts in {ACTS}")
        _add(record, acts[record.dialogue_id])
        return dialogue(record, label, place, account)

    yield from read_each(path, account, made)


def _read_acts(path: Path) -> _Acts:
    for folder in (path.parent, path.parent.parent):
        if (folder / ACTS).is_file():
            return decode(read_bytes(folder / ACTS), _Acts, Place(folder / ACTS, 1))
    raise corpus_error(Place(path), f"no {ACTS} beside it or a folder above; put it there")


def _add(record: Schema, acts: dict[str, _TurnActs]) -> None:
    for number, turn in enumerate(record.turns):
        found = acts.get(str(number), _TurnActs()).dialog_act
        turn.actions = [Act(act, slot) for act, about in found.items() for slot in _slots(about)]


def _slots(about: list[list[str]]) -> list[str]:
    slots = [pair[0] for pair in about if pair and pair[0] not in _NO_SLOT]
    return slots or [""]
