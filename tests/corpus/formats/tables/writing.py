"""The same rows as each kind of table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr
from zipfile import ZipFile

Rows = Sequence[dict[str, Any]]

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def write_csv(
    path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8", end: str = "\n"
) -> None:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # else it leaves \n unquoted
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(rows[0])
    writer.writerows([_as_text(cell) for cell in row.values()] for row in rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_parquet(path: Path, rows: Rows) -> None:
    from pyarrow import Table, parquet

    parquet.write_table(Table.from_pylist(list(rows)), path)


def write_xlsx(path: Path | IO[bytes], *sheets: Rows) -> None:
    """A workbook with the least that makes one, a sheet for each of `sheets`."""
    numbers = range(1, len(sheets) + 1)
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
        f'"/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            f'ContentType="{_KIND}.worksheet+xml"/>'
            for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        + "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_DOCUMENT}/worksheet" '
            f'Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
        **{
            f"xl/worksheets/sheet{n}.xml": _sheet(rows)
            for n, rows in zip(numbers, sheets, strict=True)
        },
    }
    with ZipFile(path, "w") as book:
        for name, content in files.items():
            book.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)


KINDS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "csv": ("t.csv", write_csv),
    "tsv": ("t.tsv", partial(write_csv, delimiter="\t")),
    "semicolons": ("t.csv", partial(write_csv, delimiter=";", encoding="utf-8-sig", end="\r\n")),
    "bars": ("t.txt", partial(write_csv, delimiter="|")),
    "lone cr": ("t.csv", partial(write_csv, end="\r")),
    "utf-16": ("t.csv", partial(write_csv, delimiter="\t", encoding="utf-16", end="\r\n")),
    "cp1252": ("t.csv", partial(write_csv, encoding="cp1252")),
    "utf-16-le": ("t.csv", partial(write_csv, encoding="utf-16-le")),
    "xlsx": ("t.xlsx", write_xlsx),
    "parquet": ("t.parquet", write_parquet),
}
"""Kind of table to a file's name and how it is written."""
NAMED_ENCODINGS = ("cp1252", "utf-16-le")
"""Kinds that do not say their encoding, so that one must name it."""


def _as_text(cell: Any) -> str:
    if isinstance(cell, bool | list):
        return json.dumps(cell)
    return "" if cell is None else str(cell)


def _sheet(rows: Rows) -> str:
    lines = [_line(list(rows[0])), *(_line(list(row.values())) for row in rows)]
    data = "".join(f"<row>{line}</row>" for line in lines)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'


def _line(row: Sequence[Any]) -> str:
    return "".join(map(_cell, row))


def _cell(cell: Any) -> str:
    match cell:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f"<c><v>{cell}</v></c>"
    escaped = quoteattr(_as_text(cell), {'"': "&quot;"})[1:-1]
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'
