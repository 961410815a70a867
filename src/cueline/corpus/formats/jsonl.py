"""Cueline's own corpus format: JSON lines, one dialogue a line.

    {"id": "d1", "turns": [{"user": "find me a table", "actions": ["ask_people", "offer"],
                            "features": {"db_count": 3}, "available": [...], "system": "..."}]}

The records below are the format as it stands in the file; they become the plain dataclasses that
the rest of Cueline works on. An unknown key is an error, because a key misspelt in silence is data
lost in silence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.decoding import decode
from cueline.corpus.sample import Sample
from cueline.dialogue import NO_FEATURES, Dialogue, Feature, Turn
from cueline.errors import Place, corpus_error
from cueline.io import replacing

Name = Annotated[str, Meta(min_length=1)]
_DIALOGUE = {"id", "turns", "meta"}
_TURN = {"user", "actions"}
_OF_OTHERS = {"role", "from", "speaker", "text", "utterance", "content", "value"}
_BOM = b"\xef\xbb\xbf"


class TurnRecord(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A turn whose actions may still be open, as a caller sends it live."""

    user: str | None
    features: dict[str, str | bool | int | float | list[str]] = {}
    available: list[Name] | None = None
    actions: list[Name] | None = None
    system: str | None = None

    def turn(self) -> Turn:
        """The record as a `Turn`."""
        return Turn(
            user=self.user,
            features={k: _feature(v) for k, v in self.features.items()} or NO_FEATURES,
            available=None if self.available is None else tuple(self.available),
            actions=None if self.actions is None else tuple(self.actions),
            system=self.system,
        )

    @classmethod
    def of(cls, turn: Turn) -> TurnRecord:
        """`turn` as a record."""
        return cls(
            user=turn.user,
            features={k: list(v) if isinstance(v, tuple) else v for k, v in turn.features.items()},
            available=None if turn.available is None else list(turn.available),
            actions=None if turn.actions is None else list(turn.actions),
            system=turn.system,
        )


class DoneTurnRecord(TurnRecord, kw_only=True, forbid_unknown_fields=True):
    """A turn of a corpus: the actions are known, if only to be none."""

    actions: list[Name]


class DialogueRecord(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A dialogue of a corpus."""

    id: Name
    turns: Annotated[list[DoneTurnRecord], Meta(min_length=1)]
    meta: dict[str, Any] = {}

    def dialogue(self) -> Dialogue:
        """The record as a `Dialogue`."""
        return Dialogue(self.id, tuple(turn.turn() for turn in self.turns), self.meta)


_turns = msgspec.json.Decoder(TurnRecord)
_dialogues = msgspec.json.Decoder(DialogueRecord)
_encoder = msgspec.json.Encoder()


def recognises(sample: Sample) -> bool:
    """Whether the first record is a dialogue of this format, if with a key misspelt."""
    first = sample.records[0] if sample.records else None
    if not isinstance(first, dict):
        return False
    lists = [value for value in first.values() if isinstance(value, list)]
    turns = [turn for some in lists for turn in some if isinstance(turn, dict)]
    if any(turn.keys() >= _TURN for turn in turns):
        return True
    ours = bool(first) and first.keys() <= _DIALOGUE and "turns" in first
    return ours and not any(_OF_OTHERS & turn.keys() for turn in turns)


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    account = account or Account()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip():
                account.record()
                with account.guard():
                    yield decode(text, _dialogues, Place(path, number)).dialogue()


def read_turn(line: bytes, place: Place) -> Turn:
    """One turn by itself, as it comes in live."""
    turn: Turn = decode(line, _turns, place).turn()
    return turn


def write(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write `dialogues` to `path`, which appears only once it is whole; return how many."""
    count = 0
    with replacing(path) as file:
        for count, dialogue in enumerate(dialogues, start=1):  # noqa: B007  (returned below)
            file.write(encode(dialogue) + b"\n")
    return count


def encode(dialogue: Dialogue) -> bytes:
    """One line of the format, without the newline; raises `CorpusError` at what it cannot hold."""
    turns = [
        _done(turn, Place(f"dialogue {dialogue.id!r}", path=f"$.turns[{number}]"))
        for number, turn in enumerate(dialogue.turns)
    ]
    return _encoder.encode(DialogueRecord(dialogue.id, turns, dict(dialogue.meta)))


def _feature(value: str | bool | int | float | list[str]) -> Feature:
    return tuple(value) if isinstance(value, list) else value


def _done(turn: Turn, place: Place) -> DoneTurnRecord:
    record = TurnRecord.of(turn)
    if record.actions is None:
        raise corpus_error(place, "no actions yet; say what the system did, [] for nothing")
    for name, value in record.features.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise corpus_error(place, f"the feature {name!r} is {value}; leave it out instead")
    return DoneTurnRecord(
        user=record.user,
        features=record.features,
        available=record.available,
        actions=record.actions,
        system=record.system,
    )
