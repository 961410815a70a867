"""Rows of different lengths laid out step by step: all first items, all second ones, and so on.

The longest row comes first, so that at each step the rows still going on are the first of those
before. Rows of like length go together, nothing is padded, and a step is one run of memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.features import Ragged
from cueline.policy.recurrence import Array, Carry, Memory

Ints = npt.NDArray[np.integer]
SUMMED_AT_ONCE = 4_000
"""Items of rows that are summed in one go: so few that the sums stay in the near cache."""


class Steps(NamedTuple):
    """Some rows, step by step."""

    rows: Ints
    """Their numbers, the longest first."""
    places: list[Ints]
    """Where the items of each step stand, of the first `len(places[step])` rows."""

    @property
    def all_places(self) -> Ints:
        """Those of one step after the other. *Shape:* (items,)."""
        return np.concatenate([*self.places, np.zeros(0, np.int64)])


def portions(starts: Ints, lengths: Ints, most: int) -> Iterator[Steps]:
    """All rows, the longest first, in portions of about `most` items.

    `starts` is where the first item of each stands. *Shapes:* (rows,), (rows,).
    """
    order = np.argsort(-lengths, kind="stable")
    run = np.cumsum(np.maximum(lengths[order], 1)) // most
    for rows in np.split(order, np.flatnonzero(np.diff(run)) + 1):
        yield _steps(rows, starts[rows], lengths[rows])


def _steps(rows: Ints, starts: Ints, lengths: Ints) -> Steps:
    numbers = np.arange(lengths.max(initial=0))
    going_on = len(rows) - np.searchsorted(lengths[::-1], numbers, side="right")
    return Steps(rows, [starts[:some] + step for step, some in enumerate(going_on.tolist())])


def row_sums(kernel: Array, chosen: Ragged, rows: Ints, values: Array | None = None) -> Array:
    """The sum of those rows of `kernel` that each of `rows` has chosen.

    Times their `values`, where given, which stand beside `chosen.flat`. What a product with a
    sparse matrix is. *Shapes:* kernel (V, E), result (len(rows), E).
    """
    sums = np.empty((len(rows), kernel.shape[1]), np.float32)
    for steps in portions(chosen.starts[rows], chosen.lengths[rows], SUMMED_AT_ONCE):
        total = np.zeros((len(steps.rows), kernel.shape[1]), np.float32)
        for places in steps.places:
            part = kernel.take(chosen.flat[places], axis=0)
            if values is not None:
                part *= values[places, None]
            total[: len(part)] += part
        sums[steps.rows] = total
    return sums


def unroll(memory: Memory, inputs: Array, steps: Steps) -> tuple[Array, Array]:
    """Run `memory` over `inputs`, which are laid out by `steps`.

    Every output, laid out likewise, and the last one of each row, zeros for an empty one.
    *Shapes:* (N, D) -> (N, H), (rows, H).
    """
    outputs = np.empty((len(inputs), memory.units), np.float32)
    carry, first = memory.start(len(steps.rows)), 0
    last = carry.hidden.copy()
    for rows in map(len, steps.places):
        some = slice(first, first + rows)
        carry = memory.step(inputs[some], Carry(carry.hidden[:rows], carry.cell[:rows]))
        outputs[some] = last[:rows] = carry.hidden
        first += rows
    return outputs, last
