"""The context of a batch as what is not zero in it: a few of many columns at each turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.types import Bits, Ints


class SparseContext(NamedTuple):
    """Columns at the cells of a grid of turns, the cells ascending. *Shapes:* (K,) each."""

    cells: npt.NDArray[np.int64]
    """Row after row: the turn at (row, step) is cell row * steps + step."""
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]

    @classmethod
    def of(cls, parts: Sequence[tuple[Ints, Ints, npt.NDArray[Any]]]) -> SparseContext:
        """Cells, columns and values, in any order of cells."""
        cells, columns, values = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(cells, kind="stable")
        return cls(cells[order], columns[order].astype(np.int32), values[order])

    def at(self, cells: Ints, columns: int) -> Bits:
        """Which entries are at one of `cells`, and in the first `columns`. *Shape:* (K,)."""
        return (self.columns < columns) & np.isin(self.cells, cells)

    def take(self, entries: Bits) -> SparseContext:
        """Some of the entries. *Shape:* (K,)."""
        return SparseContext(self.cells[entries], self.columns[entries], self.values[entries])

    def starts(self, cells: int) -> npt.NDArray[np.int32]:
        """Where the entries of each of the grid's `cells` begin. *Shape:* (cells,)."""
        return np.searchsorted(self.cells, np.arange(cells)).astype(np.int32)

    def dense(self, rows: int, steps: int, columns: int) -> npt.NDArray[np.float32]:
        """*Shape:* (B, T, C)."""
        context = np.zeros((rows * steps, columns), np.float32)
        context[self.cells, self.columns] = self.values
        return context.reshape(rows, steps, columns)
