"""Tables as CSV or TSV, a turn a row.

dialogue,turn,user,actions,city
d1,1,find me a table,ask_people;offer,Rome
d1,2,,close,
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.formats.tables.columns import Columns, Header
from cueline.corpus.formats.tables.rows import Row, dialogues
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

_DELIMITERS = "\t,;|"
DEFAULT = Columns()


def recognises(path: Path, head: str) -> bool:
    """Whether the first line names a column `dialogue`, and `actions` or their bits."""
    names = _split(head.lstrip("\ufeff").partition("\n")[0].strip("\r"))
    actions = DEFAULT.actions in names or any(map(DEFAULT.action, names))
    return DEFAULT.dialogue in names and actions


def read(
    path: Path, account: Account | None = None, columns: Columns = DEFAULT
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    with path.open("rb") as file:
        lines = _decoded(file, path)
        first = next(lines, "")
        names = _split(first.rstrip("\r\n"))
        header = Header(columns, names, Place(path, 1))
        yield from dialogues(path, header, _rows(path, lines, _delimiter(first), names))


def _rows(
    path: Path, lines: Iterator[str], delimiter: str, names: list[str]
) -> Iterator[tuple[Place, Row]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        place = Place(path, reader.line_num + 2)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise corpus_error(place, str(error)) from None
        if cells and len(cells) != len(names):
            raise corpus_error(place, f"{len(cells)} cells, but {len(names)} columns")
        if cells:
            yield place, dict(zip(names, cells, strict=True))


def _split(line: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=_delimiter(line)), [])
    return [cell.strip() for cell in cells]


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _decoded(file: Iterator[bytes], path: Path) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            what = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
            raise corpus_error(Place(path, number), what) from None
