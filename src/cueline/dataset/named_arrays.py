"""The arrays of a table by name, and back: what a file of one holds."""

from __future__ import annotations

import mmap

from cueline.dataset.dataset import Dataset, TurnArrays
from cueline.dataset.ragged import Ragged
from cueline.types import NamedArrays

STARTS = ".starts"
"""How the name of an array ends that says where rows start."""
DIALOGUES = "dialogues" + STARTS


def arrays_of(table: Dataset) -> NamedArrays:
    """All there are, as they stand in memory."""
    return {
        DIALOGUES: table.dialogues,
        "out_of_space": table.out_of_space,
        "masks": table.masks,
        **_of_turns("turns", table.turns),
        **_of_turns("hidden", table.value_masked),
        **of_rows("utterances", table.utterances),
        **of_rows("targets", table.targets),
    }


def table_of(arrays: NamedArrays, pages: tuple[mmap.mmap, ...] = ()) -> Dataset:
    """The table that `arrays_of` named the arrays of; `pages` if they stand in files."""
    return Dataset(
        dialogues=arrays[DIALOGUES],
        utterances=rows_of("utterances", arrays),
        turns=_turns_of("turns", arrays),
        value_masked=_turns_of("hidden", arrays),
        targets=rows_of("targets", arrays),
        out_of_space=arrays["out_of_space"],
        masks=arrays["masks"],
        pages=pages,
    )


def of_rows(name: str, rows: Ragged) -> NamedArrays:
    """Those of `rows`, which `rows_of` takes."""
    return {f"{name}.flat": rows.flat, f"{name}{STARTS}": rows.starts}


def rows_of(name: str, arrays: NamedArrays) -> Ragged:
    """The rows that `of_rows` named the arrays of."""
    return Ragged(arrays[f"{name}.flat"], arrays[f"{name}{STARTS}"])


def _of_turns(name: str, turns: TurnArrays) -> NamedArrays:
    return {
        f"{name}.utterance": turns.utterance,
        f"{name}.values": turns.values,
        **of_rows(f"{name}.columns", turns.columns),
    }


def _turns_of(name: str, arrays: NamedArrays) -> TurnArrays:
    return TurnArrays(
        arrays[f"{name}.utterance"],
        rows_of(f"{name}.columns", arrays),
        arrays[f"{name}.values"],
    )
