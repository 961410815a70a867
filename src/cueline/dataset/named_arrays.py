"""The arrays of a table by name, and back: what a file of one holds."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from cueline.dataset.dataset import Table, Turns
from cueline.dataset.ragged import Ragged

STARTS = ".starts"
"""How the name of an array ends that says where rows start."""
DIALOGUES = "dialogues" + STARTS
Arrays = Mapping[str, npt.NDArray[Any]]


def arrays_of(table: Table) -> Arrays:
    """All there are, as they stand in memory."""
    return {
        DIALOGUES: table.dialogues,
        "foreign": table.foreign,
        "masks": table.masks,
        **_of_turns("turns", table.turns),
        **_of_turns("hidden", table.hidden),
        **of_rows("utterances", table.utterances),
        **of_rows("targets", table.targets),
    }


def table_of(arrays: Arrays, pages: tuple[mmap.mmap, ...] = ()) -> Table:
    """The table that `arrays_of` named the arrays of; `pages` if they stand in files."""
    return Table(
        dialogues=arrays[DIALOGUES],
        utterances=rows_of("utterances", arrays),
        turns=_turns_of("turns", arrays),
        hidden=_turns_of("hidden", arrays),
        targets=rows_of("targets", arrays),
        foreign=arrays["foreign"],
        masks=arrays["masks"],
        pages=pages,
    )


def of_rows(name: str, rows: Ragged) -> Arrays:
    """Those of `rows`, which `rows_of` takes."""
    return {f"{name}.flat": rows.flat, f"{name}{STARTS}": rows.starts}


def rows_of(name: str, arrays: Arrays) -> Ragged:
    """The rows that `of_rows` named the arrays of."""
    return Ragged(arrays[f"{name}.flat"], arrays[f"{name}{STARTS}"])


def _of_turns(name: str, turns: Turns) -> Arrays:
    return {
        f"{name}.utterance": turns.utterance,
        f"{name}.values": turns.values,
        **of_rows(f"{name}.columns", turns.columns),
    }


def _turns_of(name: str, arrays: Arrays) -> Turns:
    return Turns(
        arrays[f"{name}.utterance"],
        rows_of(f"{name}.columns", arrays),
        arrays[f"{name}.values"],
    )
