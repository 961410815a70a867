"""ConvLab-3's unified format (Zhu and others, 2022): `dialogues.json` of any of its data sets.

    [{"dataset": "camrest", "data_split": "train", "dialogue_id": "camrest-train-0", "turns": [
      {"speaker": "user", "utterance": "cheap food", "utt_idx": 0, "dialogue_acts": {...},
       "state": {"restaurant": {"price": "cheap", "food": ""}}},
      {"speaker": "system", "utterance": "Which?", "utt_idx": 1, "db_results": {"restaurant": []},
       "dialogue_acts": {"categorical": [], "non-categorical": [], "binary": [
         {"intent": "request", "domain": "restaurant", "slot": "food"}]}}]}]

Domain and intent of the system's acts are the actions, `restaurant-request`; `convlab-slots` names
them with their slots. What the database returned was known before the system acted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.acts import Label, read_each, without_slot
from cueline.corpus.formats.schema_guided.dialogue_state import DialogueState, ServiceState
from cueline.corpus.formats.schema_guided.frames import Act, turns_in
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Turn
from cueline.errors import Place
from cueline.io import decode

Name = Annotated[str, Meta(min_length=1)]


class _Act(Struct):
    intent: Name
    domain: str = ""
    slot: str = ""

    def named(self) -> Act:
        return Act(f"{self.domain}-{self.intent}" if self.domain else self.intent, self.slot)


class _Acts(Struct):
    categorical: list[_Act] = []
    other: list[_Act] = field(name="non-categorical", default_factory=list)
    binary: list[_Act] = []


class _Turn(Struct):
    speaker: Literal["user", "system"]
    utterance: str
    dialogue_acts: _Acts = field(default_factory=_Acts)
    state: dict[str, dict[str, Any]] = {}
    db_results: dict[str, list[Any]] = {}

    def acts(self) -> Iterator[Act]:
        of_all_kinds = self.dialogue_acts
        for act in (*of_all_kinds.categorical, *of_all_kinds.other, *of_all_kinds.binary):
            yield act.named()

    def service_states(self) -> Iterator[ServiceState]:
        for domain, values in self.state.items():
            filled = {f"{domain}-{slot}": value for slot, value in values.items() if value}
            yield ServiceState(domain, values=filled)


class _Record(Struct):
    dialogue_id: Name
    turns: list[_Turn]
    dataset: str | None = None
    data_split: str | None = None
    domains: list[str] = []


def recognises(sample: Sample) -> bool:
    """Whether the first dialogue has numbered turns of a `user` and a `system`."""
    return any(
        turn.get("speaker") in ("user", "system") and isinstance(turn.get("utt_idx"), int)
        for turn in turns_in(sample)
    )


def read(
    path: Path, account: Account | None = None, label: Label = without_slot
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""

    def made(text: bytes, place: Place) -> Dialogue | None:
        record = decode(text, _Record, place)
        turns = tuple(_turns(record.turns, label))
        meta = {"source": path.name, **_meta(record)}
        return Dialogue(record.dialogue_id, turns, meta) if turns else None

    return read_each(path, account or Account(), made)


def _turns(turns: list[_Turn], label: Label) -> Iterator[Turn]:
    heard: list[str] = []
    state = DialogueState()
    for turn in turns:
        if turn.speaker == "user":
            heard.append(turn.utterance)
            state.hear(turn.service_states())
            continue
        if turn.db_results:
            state.found(sum(map(len, turn.db_results.values())))
        actions = tuple(dict.fromkeys(map(label, turn.acts())))
        user = "\n".join(heard) if heard else None
        yield Turn(user, state.features(), actions=actions, system=turn.utterance)
        state.answered()
        heard = []


def _meta(record: _Record) -> Mapping[str, Any]:
    known = {"dataset": record.dataset, "split": record.data_split, "domains": record.domains}
    return {key: value for key, value in known.items() if value}
