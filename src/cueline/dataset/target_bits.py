"""The right answers of a dataset as bits, with what was allowed beside them."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.dataset.dataset import Dataset
from cueline.types import Bits


class TargetBits(NamedTuple):
    """The right answers of a dataset. *Shapes:* bits and allowed (N, A), out_of_space (N,)."""

    bits: Bits
    allowed: Bits
    out_of_space: npt.NDArray[np.bool_]
    """Rows whose answer has an action outside the space, which no decision can match."""

    @classmethod
    def of(cls, table: Dataset, n_actions: int) -> TargetBits:
        """The right answers of all dialogues of `table`."""
        return cls(target_bits(table, n_actions), table.allowed(n_actions), table.out_of_space)


def target_bits(table: Dataset, n_actions: int) -> Bits:
    """The right answers as bits. *Shape:* (N, A)."""
    bits = np.zeros((len(table.targets), n_actions), bool)
    bits[table.targets.row_of_each(), table.targets.flat] = True
    return bits


def set_counts(table: Dataset) -> Counter[tuple[int, ...]]:
    """How often each set of actions is the right answer."""
    return Counter(tuple(table.targets[row].tolist()) for row in range(len(table.targets)))
