"""The lines of a bAbI dialogue file, one at a time, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cueline.corpus.files import opened
from cueline.errors import Place, corpus_error

SILENCE = "<SILENCE>"
_NO_RESULT = "api_call no result"
_EXPECTED = "expected 'N user<TAB>system', 'N entity R_relation value' or 'N api_call no result'"


class Said(NamedTuple):
    """What the user said, None for silence, and what the system answered."""

    user: str | None
    system: str


class Row(NamedTuple):
    """A row that the knowledge base returned."""

    entity: str
    relation: str
    value: str


class Line(NamedTuple):
    """A line of the file; `content` is None where a search found nothing."""

    place: Place
    first: bool
    """Whether a dialogue begins here: the numbers start again."""
    content: Said | Row | None


def lines(path: Path) -> Iterator[Line]:
    """The lines of `path` that are not blank; `CorpusError` at one that is no turn or row."""
    last = 0
    for place, text in _texts(path):
        if not text.strip():
            last = 0
            continue
        number, _, rest = text.lstrip().rstrip("\r\n").partition(" ")
        if not (number.isascii() and number.isdigit()):
            raise corpus_error(place, f"no line number; {_EXPECTED}")
        first = last == 0 or int(number[:9]) <= last
        last = int(number[:9]) or 1
        yield Line(place, first, _content(rest, place))


def rows(path: Path) -> Iterator[Row]:
    """The rows of a knowledge base file, where a tab stands before the value."""
    for place, text in _texts(path):
        if text.strip():
            row = parse_row(text.strip().partition(" ")[2])
            if row is None:
                raise corpus_error(place, "expected 'N entity R_relation<TAB>value'")
            yield row


def parse_row(text: str) -> Row | None:
    """`entity R_relation value`, or None if `text` is not that."""
    parts = text.split(maxsplit=2)
    if len(parts) != 3 or not parts[1].startswith("R_") or len(parts[1]) == 2:
        return None
    return Row(parts[0], parts[1].removeprefix("R_").lower(), parts[2].strip())


def _content(text: str, place: Place) -> Said | Row | None:
    match text.split("\t"):
        case [user, system]:
            return Said(None if user.strip() == SILENCE else user.strip(), system.strip())
        case [silent] if silent.strip() == _NO_RESULT:
            return None
        case [silent] if row := parse_row(silent):
            return row
    raise corpus_error(place, _EXPECTED)


def _texts(path: Path) -> Iterator[tuple[Place, str]]:
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            place = Place(path, number)
            try:
                yield place, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                what = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
                raise corpus_error(place, what) from None
