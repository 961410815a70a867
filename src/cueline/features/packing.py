"""A table as small arrays to keep in a file, and back: numbers only, each as short as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.features.ragged import Ragged
from cueline.features.table import Table, Turns

Arrays = Mapping[str, npt.NDArray[Any]]


def pack(table: Table) -> dict[str, npt.NDArray[Any]]:
    """The arrays of `table` by name. Values of numbers are rounded to float16."""
    return {
        "lengths": _short(table.lengths),
        "foreign": table.foreign,
        "masks": table.masks,
        **_packed_turns("turns", table.turns),
        **_packed_turns("hidden", table.hidden),
        **pack_rows("utterances", table.utterances),
        **pack_rows("targets", table.targets),
    }


def unpack(arrays: Arrays) -> Table:
    """The table that `pack` made arrays of."""
    return Table(
        dialogues=_starts(arrays["lengths"]),
        utterances=unpack_rows("utterances", arrays),
        turns=_unpacked_turns("turns", arrays),
        hidden=_unpacked_turns("hidden", arrays),
        targets=unpack_rows("targets", arrays),
        foreign=arrays["foreign"],
        masks=arrays["masks"],
    )


def pack_rows(name: str, rows: Ragged) -> dict[str, npt.NDArray[Any]]:
    """Rows of numbers from 0 up."""
    return {f"{name}.flat": _short(rows.flat), f"{name}.lengths": _short(rows.lengths)}


def unpack_rows(name: str, arrays: Arrays) -> Ragged:
    """The rows that `pack_rows` made arrays of."""
    return Ragged(arrays[f"{name}.flat"].astype(np.int32), _starts(arrays[f"{name}.lengths"]))


def _packed_turns(name: str, turns: Turns) -> dict[str, npt.NDArray[Any]]:
    return {
        f"{name}.utterance": _short(turns.utterance),
        f"{name}.values": turns.values.astype(np.float16),
        **pack_rows(f"{name}.columns", turns.columns),
    }


def _unpacked_turns(name: str, arrays: Arrays) -> Turns:
    return Turns(
        arrays[f"{name}.utterance"].astype(np.int32),
        unpack_rows(f"{name}.columns", arrays),
        arrays[f"{name}.values"].astype(np.float32),
    )


def _short(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _starts(lengths: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
