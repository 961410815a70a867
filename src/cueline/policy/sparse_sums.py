"""Sums of groups of columns: products with a matrix of 0 and 1 that skip the zeros.

A set is a group of two or three of the actions, an action one of the sets it is in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cueline.types import Array


class SparseSums:
    """`G` groups of the columns of something `W` wide."""

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        lengths = np.array([len(group) for group in groups], np.intp)
        self.columns = np.array([column for group in groups for column in group], np.intp)
        """Group after group."""
        self.starts = np.cumsum(lengths) - lengths
        """Where each group begins in `columns`. *Shape:* (G,)."""
        self.group_of_each = np.repeat(np.arange(len(groups)), lengths)
        """*Shape:* (len(columns),)."""
        # Many rows: the first column of every group, then the second, the longest groups first.
        order = np.argsort(-lengths, kind="stable")
        self._layers = [
            np.array([groups[group][place] for group in order if lengths[group] > place], np.intp)
            for place in range(lengths.max(initial=0))
        ]
        self._places = np.argsort(order)

    def of_row(self, values: Array) -> npt.NDArray[np.float64]:
        """The sum of each group. *Shapes:* (W,) -> (G,)."""
        members = values.take(self.columns)
        sums = np.bincount(self.group_of_each, members, len(self._places))
        return np.asarray(sums, np.float64)

    def of_rows(self, values: Array) -> Array:
        """The sum of each group in each row. *Shapes:* (N, W) -> (N, G).

        Runs of `N` numbers are added: the rows of the result lie side by side in memory
        (`order="F"`), and it is fastest if those of `values` do.
        """
        across = np.ascontiguousarray(values.T)
        sums = np.zeros((len(self._places), len(values)), np.float32)
        for columns in self._layers:
            sums[: len(columns)] += across.take(columns, axis=0)
        return sums.take(self._places, axis=0).T
