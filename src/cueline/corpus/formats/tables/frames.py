"""Data frames, a turn or a message a row, of any library that narwhals knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.tables.header import Table
from cueline.corpus.formats.tables.json_cells import JSON_COLUMNS, cells_of
from cueline.corpus.formats.tables.rows import dialogues
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, CuelineError, Place

NAME = Path("data frame")
"""What a data frame is called where a file has a path."""
_NEEDS = "a data frame needs narwhals; install it with `pip install 'cueline[tables]'`"


def is_frame(source: object) -> bool:
    """Whether `source` is a data frame; asks for no library, for none need be installed."""
    return not isinstance(source, str | list | tuple) and hasattr(type(source), "columns")


def read(frame: Any, account: Account) -> Iterator[Dialogue]:
    """The dialogues of a data frame, one at a time; raises `CorpusError`, also without narwhals."""
    narwhals = _narwhals()
    try:
        frame = narwhals.from_native(frame)
    except TypeError:
        kind = f"{type(frame).__module__}.{type(frame).__name__}"
        raise CorpusError(f"no data frame that narwhals knows: {kind}") from None
    if isinstance(frame, narwhals.LazyFrame):
        frame = frame.collect()
    names = [str(name) for name in frame.columns]
    rows = (
        (Place(NAME, path=f"row {number}"), dict(zip(names, map(_plain, row), strict=True)))
        for number, row in enumerate(frame.iter_rows())
    )
    yield from dialogues(NAME, Table(Place(NAME), names, rows, typed=True), account)


def frame_of(corpus: Iterable[Dialogue], backend: str) -> Any:
    """The turns of `corpus` as a data frame of `backend`."""
    rows = [row for dialogue in corpus for row in _rows(dialogue)]
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value is not None)
    columns = {name: _of_one_kind(name, [row.get(name) for row in rows]) for name in names}
    return from_columns(columns, backend)


def from_columns(columns: Mapping[str, list[Any]], backend: str) -> Any:
    """A data frame of `backend`, which is `pandas`, `polars` or `pyarrow`.

    Raises `CuelineError` where that is not installed.
    """
    try:
        return _narwhals().from_dict(columns, backend=backend).to_native()
    except ImportError:
        raise CuelineError(f"{backend} is not installed; pip install {backend}") from None


def _rows(dialogue: Dialogue) -> Iterator[dict[str, Any]]:
    for number, turn in enumerate(dialogue.turns):
        row: dict[str, Any] = {"dialogue": dialogue.id, "turn": number, "user": turn.user}
        row |= {"actions": turn.actions, "available": turn.available, "system": turn.system}
        if both := {*row, *JSON_COLUMNS} & turn.features.keys():
            raise CorpusError(f"the feature {min(both)!r} has the name of a column; rename it")
        row |= {**turn.features, **cells_of(turn)}
        yield {
            name: list(value) if isinstance(value, tuple) else value for name, value in row.items()
        }


def _of_one_kind(name: str, column: list[Any]) -> list[Any]:
    """A column as a data frame holds it; integers beside other numbers are such numbers too."""
    kinds = {type(value) for value in column if value is not None}
    if kinds == {int, float}:
        return [value if value is None else float(value) for value in column]
    if len(kinds) > 1:
        several = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise CorpusError(
            f"the feature {name!r} is {several}, which no data frame holds in a column"
        )
    return column


def _narwhals() -> Any:
    try:
        import narwhals
    except ImportError:
        raise CorpusError(_NEEDS) from None
    return narwhals


def _plain(cell: Any) -> Any:
    """A cell as Python's own type: those of NumPy and pandas have ways to say so."""
    if type(cell).__module__ == "builtins":
        return cell
    if hasattr(cell, "tolist"):
        return cell.tolist()
    return None if cell != cell else cell  # NaT and the like are not equal to themselves
