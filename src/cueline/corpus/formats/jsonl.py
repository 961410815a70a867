"""Cueline's own corpus format: JSON lines, one dialogue a line.

    {"id": "d1", "turns": [{"user": "find me a table", "actions": ["ask_people", "offer"],
                            "features": {"db_count": 3}, "available": [...], "system": "..."}]}

A line is a `Dialogue` as it stands in memory; only the actions of its turns are never open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.files import opened
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Turn
from cueline.errors import Place, corpus_error
from cueline.io import decode, replacing

_DIALOGUE = {"id", "turns", "meta"}
_TURN = {"user", "actions"}
_OF_OTHERS = {"role", "from", "speaker", "text", "utterance", "content", "value"}
_BOM = b"\xef\xbb\xbf"


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
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip():
                account.record()
                with account.guard():
                    place = Place(path, number)
                    yield labelled(decode(text, Dialogue, place), place)


def read_turn(line: bytes, place: Place) -> Turn:
    """One turn by itself, as it comes in live."""
    return decode(line, Turn, place)


def write(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write `dialogues` to `path`, which appears only once it is whole; return how many."""
    count = 0
    with replacing(path) as file:
        for count, dialogue in enumerate(dialogues, start=1):  # noqa: B007  (returned below)
            file.write(encode(dialogue) + b"\n")
    return count


def encode(dialogue: Dialogue) -> bytes:
    """One line of the format, without the newline; raises `CorpusError` at what it cannot hold."""
    return msgspec.json.encode(labelled(dialogue, Place(f"dialogue {dialogue.id!r}")))


def labelled(dialogue: Dialogue, place: Place) -> Dialogue:
    """`dialogue`, which must say what the system did at each turn, if only nothing."""
    for number, turn in enumerate(dialogue.turns):
        if turn.actions is None:
            where = Place(place.file, place.line, f"$.turns[{number}]")
            what = "Object missing required field `actions`; [] where nothing was done"
            raise corpus_error(where, what)
    return dialogue
