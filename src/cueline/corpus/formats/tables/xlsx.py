"""Tables as spreadsheets (xlsx, xls, xlsb, ods), a turn or a message a row.

Every sheet with the columns of a table is one. It needs python-calamine, the extra `tables`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from cueline.corpus.account import Account
from cueline.corpus.files import opened, unpacked
from cueline.corpus.formats.tables import cells
from cueline.corpus.formats.tables.columns import is_table
from cueline.corpus.formats.tables.header import Table
from cueline.corpus.formats.tables.rows import dialogues
from cueline.corpus.formats.tables.speakers import Row
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

_ODS = "mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_XLS = "\ufffd\ufffd\x11"
"""What Word's old files begin with, too."""


def recognises(sample: Sample) -> bool:
    """Whether the file is a spreadsheet by what it begins with, and what it is packed of."""
    head = sample.head
    if head.startswith(_XLS):
        return unpacked(sample.path).suffix.lower() == ".xls"
    return head.startswith("PK") and (_ODS in head or _holds_a_workbook(sample.path))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file; raises `CorpusError`, also without python-calamine."""
    account = account or Account()
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        what = "needs python-calamine; install it with `pip install 'cueline[tables]'`"
        raise corpus_error(Place(path), what) from None
    try:
        with opened(path) as file, CalamineWorkbook.from_filelike(file) as book:
            sheets = [_table(path, book.get_sheet_by_name(name)) for name in book.sheet_names]
    except CalamineError as error:
        what = " ".join(str(error).split())
        raise corpus_error(Place(path), f"not a whole spreadsheet: {what[:200]}") from None
    sheets = [sheet for sheet in sheets if sheet.names]
    tables = [sheet for sheet in sheets if is_table(sheet.names)] or sheets[:1]
    for sheet in sheets:
        if sheet in tables:
            yield from dialogues(path, sheet, account)
        else:
            account.leave_out("sheets without the columns of a table", sheet.place)


def _holds_a_workbook(path: Path) -> bool:
    try:
        with opened(path) as file, ZipFile(file) as packed:
            return any(name.startswith("xl/workbook.") for name in packed.namelist())
    except (BadZipFile, OSError):
        return False


def _table(path: Path, sheet: Any) -> Table:
    """The rows of a sheet; its names are in the first row that says something."""
    rows = enumerate(sheet.to_python(skip_empty_area=False), start=1)
    number, first = next(((n, row) for n, row in rows if any(map(_says, row))), (1, []))
    names = ["" if cells.is_blank(cell) else str(cell).strip() for cell in first]
    return Table(
        _place(path, sheet.name, number), names, _rows(path, sheet.name, rows, names), True
    )


def _rows(
    path: Path, sheet: str, rows: Iterator[tuple[int, list[Any]]], names: list[str]
) -> Iterator[tuple[Place, Row]]:
    for number, row in rows:
        if any(map(_says, row)):
            yield _place(path, sheet, number), dict(zip(names, map(_cell, row), strict=False))


def _cell(cell: Any) -> Any:
    """A number without a fraction is a whole one: spreadsheets do not tell them apart."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _says(cell: Any) -> bool:
    return not cells.is_blank(cell)


def _place(path: Path, sheet: str, row: int) -> Place:
    return Place(path, path=f"{sheet}, row {row}")
