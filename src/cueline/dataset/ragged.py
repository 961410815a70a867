"""Rows of different lengths in two flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.types import Ints


@dataclass(frozen=True, slots=True)
class Ragged:
    """`len(self)` rows; row i is `flat[starts[i]:starts[i + 1]]`.

    *Shapes:* flat (total,), starts (rows + 1,).
    """

    flat: npt.NDArray[Any]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Iterable[Any]], dtype: npt.DTypeLike) -> Ragged:
        """`rows` as arrays."""
        lists = [list(row) for row in rows]
        starts = np.zeros(len(lists) + 1, np.int64)
        np.cumsum([len(row) for row in lists], out=starts[1:])
        return cls(np.fromiter(chain.from_iterable(lists), dtype, count=int(starts[-1])), starts)

    @classmethod
    def joined(cls, parts: Sequence[Ragged]) -> Ragged:
        """The rows of all parts, one part after the other."""
        lengths = np.concatenate([part.lengths for part in parts])
        flat = np.concatenate([part.flat for part in parts])
        return cls(flat, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> npt.NDArray[Any]:
        return self.flat[self.starts[row] : self.starts[row + 1]]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """*Shape:* (rows,)."""
        return self.starts[1:] - self.starts[:-1]

    def take(self, rows: Ints) -> Ragged:
        """The given rows, in that order; no others are read."""
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(self.starts[rows + 1] - self.starts[rows], out=starts[1:])
        return Ragged(self.flat[self.places(rows)], starts)

    def places(self, rows: Ints) -> npt.NDArray[np.int64]:
        """Where the items of the given rows stand in `flat`. *Shape:* (total of their lengths,)."""
        return places(self.starts, rows)

    def row_of_each(self) -> npt.NDArray[np.int64]:
        """The row of each item of `flat`. *Shape:* (total,)."""
        return np.repeat(np.arange(len(self)), self.lengths)


def places(starts: npt.NDArray[np.int64], rows: Ints) -> npt.NDArray[np.int64]:
    """`Ragged.places`, for which the starts are enough."""
    first = starts[rows]
    lengths = starts[rows + 1] - first
    return np.asarray(np.repeat(first, lengths) + within(lengths))


def within(lengths: Ints) -> npt.NDArray[np.int64]:
    """Each item's number within its row. *Shape:* (sum of `lengths`,)."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def in_portions(rows: Ints, size: int) -> list[npt.NDArray[Any]]:
    """`rows` in order, `size` at a time."""
    return np.split(rows, range(size, len(rows), size))
