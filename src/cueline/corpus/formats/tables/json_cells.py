"""Cells that hold JSON: what the corpus format says of a turn's words and calls."""

from __future__ import annotations

from typing import Any

import msgspec

from cueline.corpus.formats.tables import cells
from cueline.dialogue import Arguments, Span, Turn
from cueline.errors import Place, corpus_error
from cueline.io import decode

_TYPES: dict[str, Any] = {
    "spans_json": tuple[Span, ...],
    "arguments_json": Arguments,
    "results_json": dict[str, tuple[Any, ...]],
}
JSON_COLUMNS = tuple(_TYPES)
"""The columns of such cells, by names that no feature has by chance."""


def read_cell(column: str, cell: Any, place: Place) -> Any:
    """What a cell of one of the `JSON_COLUMNS` holds; None if it is blank."""
    if cells.is_blank(cell):
        return None
    if not isinstance(cell, str):
        raise corpus_error(place, f"`{column}`: expected JSON in a text")
    return decode(cell.encode(), _TYPES[column], Place(place.file, place.line, f"`{column}`"))


def cells_of(turn: Turn) -> dict[str, str]:
    """The `JSON_COLUMNS` of a turn that has anything to put there."""
    values = zip(JSON_COLUMNS, (turn.spans, turn.arguments, turn.results), strict=True)
    return {name: msgspec.json.encode(value).decode() for name, value in values if value}
