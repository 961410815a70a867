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
    def of(cls, dataset: Dataset, n_actions: int) -> TargetBits:
        """The right answers of all dialogues of `dataset`."""
        return cls(
            target_bits(dataset, n_actions), dataset.allowed(n_actions), dataset.out_of_space
        )


def target_bits(dataset: Dataset, n_actions: int) -> Bits:
    """The right answers as bits. *Shape:* (N, A)."""
    bits = np.zeros((len(dataset.targets), n_actions), bool)
    bits[dataset.targets.row_of_each(), dataset.targets.flat] = True
    return bits


def set_counts(dataset: Dataset) -> Counter[tuple[int, ...]]:
    """How often each set of actions is the right answer."""
    return Counter(tuple(dataset.targets[row].tolist()) for row in range(len(dataset.targets)))
