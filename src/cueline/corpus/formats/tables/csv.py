"""Tables as CSV or TSV, a turn or a message a row.

dialogue,turn,user,actions,city
d1,1,find me a table,ask_people;offer,Rome
d1,2,,close,
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.files import opened
from cueline.corpus.formats.tables.columns import is_table
from cueline.corpus.formats.tables.header import Table
from cueline.corpus.formats.tables.rows import dialogues
from cueline.corpus.formats.tables.speakers import Row
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place, corpus_error

SUFFIXES = (".csv", ".tsv")
_DELIMITERS = "\t,;|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a file begins with to the encoding that this says; of two that fit, the longer is first."""
Reader = Any
"""What `csv.reader` gives; it has no name of its own."""
_START = 65_536
"""Bytes by which the encoding is recognised."""
_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_UNDECODED = re.compile("[\udc80-\udcff]")


def recognises(sample: Sample) -> bool:
    """Whether the first line names the columns of a table of dialogues."""
    encoding = _marked(sample.start)
    head = sample.start.decode(encoding, errors="replace") if encoding else sample.head
    lines = (line for line in _END.split(head.lstrip("\ufeff")) if line.strip())
    first = next(lines, "")
    if _SEPARATOR.fullmatch(first.strip()):
        first = next(lines, "")
    return is_table(_split(first))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    account = account or Account()
    encoding = _encoding(path, account.options.encoding)
    try:
        with (
            opened(path) as file,
            TextIOWrapper(file, encoding, errors="surrogateescape", newline="") as lines,
        ):
            yield from dialogues(path, _table(path, lines, encoding), account)
    except UnicodeError as error:  # of encodings that have no byte for what cannot be read
        why = " ".join(str(error).split())
        what = f"not {encoding.upper()}: {why}; name the encoding, --encoding NAME"
        raise corpus_error(Place(path), what) from None


def _table(path: Path, lines: Iterator[str], encoding: str) -> Table:
    """The table in `lines`; the names of its columns are in the first that says something."""
    delimiter, number, first = None, 0, ""
    for number, line in enumerate(lines, start=1):  # noqa: B007  (said below)
        first = line.removeprefix("\ufeff")
        if separator := _SEPARATOR.fullmatch(first.strip()):
            delimiter = separator[1]
        elif first.strip():
            break
    delimiter = delimiter or _delimiter(first)
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    place = Place(path, number)
    names = _next(reader, place, encoding)
    if isinstance(names, CorpusError):
        raise names
    names = [name.strip() for name in names or []]
    return Table(place, names, _rows(path, reader, number - 1, names, encoding))


def _rows(
    path: Path, reader: Reader, before: int, names: list[str], encoding: str
) -> Iterator[tuple[Place, Row | CorpusError]]:
    while True:
        place = Place(path, before + reader.line_num + 1)
        cells = _next(reader, place, encoding)
        if cells is None:
            return
        if isinstance(cells, CorpusError):
            yield place, cells
        elif any(cell.strip() for cell in cells):
            if len(cells) == len(names):
                yield place, dict(zip(names, cells, strict=True))
            else:
                what = f"{len(cells)} cells, but {len(names)} columns"
                yield place, corpus_error(place, what)


def _next(reader: Reader, place: Place, encoding: str) -> list[str] | CorpusError | None:
    """The cells of the next row, what is wrong with it, or None at the end."""
    try:
        cells: list[str] = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        return corpus_error(place, str(error))
    for cell in cells:
        if not cell.isascii() and (bad := _UNDECODED.search(cell)):
            byte, name = ord(bad[0]) - 0xDC00, encoding.upper()
            what = f"the byte {byte:#04x} is not {name}; name the encoding, --encoding cp1252, say"
            return corpus_error(place, what)
    return cells


def _split(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line)), [])]


def _delimiter(line: str) -> str:
    """The delimiter that parts `line` into most cells."""
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([line], delimiter=one), [])))


def _encoding(path: Path, named: str | None) -> str:
    """The encoding that the file's mark says, or the one `named`; else UTF-8."""
    with opened(path) as file:
        start = file.read(_START)
    if marked := _marked(start):
        return marked
    if named is not None:
        encoding = _known(named, Place(path))
        if encoding != "utf-8" and _is_plainly_utf8(start):
            what = f"it is in UTF-8, not in {named}; leave --encoding out, or say --encoding utf-8"
            raise corpus_error(Place(path), what)
        return encoding
    if b"\0" in start:
        likely = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
        what = f"not UTF-8, it seems; name the encoding, --encoding {likely}, say"
        raise corpus_error(Place(path), what)
    return "utf-8"


def _known(named: str, place: Place) -> str:
    try:
        TextIOWrapper(BytesIO(), encoding=named)  # not all that has a name makes text of bytes
        return codecs.lookup(named).name
    except LookupError:
        what = f"no encoding {named!r}; some are utf-8, utf-16-le, cp1252, latin-1, shift_jis"
        raise corpus_error(place, what) from None


def _is_plainly_utf8(start: bytes) -> bool:
    """Whether the bytes hold letters that only UTF-8 writes so: other encodings hardly ever do."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return len(text) < len(start) and "\0" not in text


def _marked(start: bytes) -> str | None:
    """The encoding of a file that begins with `start`, if a mark says it."""
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
