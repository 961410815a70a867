"""Rows of different lengths laid out step by step: all first items, all second ones, and so on.

The longest row comes first, so that at each step the rows still going on are the first of those
before. Rows of like length go together, nothing is padded, and a step is one run of memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cueline.dataset import Ragged
from cueline.dataset.ragged import in_portions
from cueline.policy.rnn_cells import Carry, RNNCell
from cueline.types import Array, Ints

SUMMED_AT_ONCE = 300_000
"""Numbers that are summed in one go: few enough to stay in the near cache."""


class PackedSequences(NamedTuple):
    """Some rows, step by step, as `torch.nn.utils.rnn.PackedSequence`."""

    rows: Ints
    """Their numbers, the longest first."""
    places: list[Ints]
    """Where the items of each step stand, for the first `len(places[step])` rows."""

    @property
    def all_places(self) -> Ints:
        """`places`, one step after the other. *Shape:* (items,)."""
        return np.concatenate([*self.places, np.zeros(0, np.int64)])


def portions(starts: Ints, lengths: Ints, size: int) -> Iterator[PackedSequences]:
    """All rows, the longest first, in portions of about `size` items.

    `starts` is where the first item of each stands. *Shapes:* (rows,), (rows,).
    """
    order = np.argsort(-lengths, kind="stable")
    run = np.cumsum(np.maximum(lengths[order], 1)) // size
    for rows in np.split(order, np.flatnonzero(np.diff(run)) + 1):
        yield _steps(rows, starts[rows], lengths[rows])


def _steps(rows: Ints, starts: Ints, lengths: Ints) -> PackedSequences:
    numbers = np.arange(lengths.max(initial=0))
    going_on = len(rows) - np.searchsorted(lengths[::-1], numbers, side="right")
    return PackedSequences(
        rows, [starts[:some] + step for step, some in enumerate(going_on.tolist())]
    )


def row_sums(kernel: Array, chosen: Ragged, rows: Ints, values: Array | None = None) -> Array:
    """The product of a sparse matrix with `kernel`: one small product for each of `rows`.

    Row i of the sparse matrix is not zero in the columns `chosen[i]`. It is 1 there, or what
    `values` has beside `chosen.flat`. Rows of one length are computed together.
    *Shapes:* kernel (V, E), result (len(rows), E).
    """
    starts, lengths = chosen.starts[rows], chosen.lengths[rows]
    sums = np.zeros((len(rows), kernel.shape[1]), np.float32)
    for some in _of_one_length(lengths, SUMMED_AT_ONCE // kernel.shape[1]):
        places = starts[some, None] + np.arange(lengths[some[0]])
        weights = np.ones(places.shape, np.float32) if values is None else values[places]
        sums[some] = (weights[:, None] @ kernel.take(chosen.flat[places], axis=0))[:, 0]
    return sums


def _of_one_length(lengths: Ints, size: int) -> Iterator[Ints]:
    """The rows that are not empty, in portions of one length and about `size` items."""
    order = np.argsort(lengths, kind="stable")
    order = order[np.count_nonzero(lengths == 0) :]
    for same in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        if len(same):
            yield from in_portions(same, max(size // int(lengths[same[0]]), 1))


def unroll(cell: RNNCell, inputs: Array, steps: PackedSequences) -> tuple[Array, Array]:
    """Run `cell` over `inputs`, which are laid out by `steps`.

    Every output, laid out likewise, and the last one of each row, zeros for an empty one.
    *Shapes:* (N, D) -> (N, H), (rows, H).
    """
    outputs = np.empty((len(inputs), cell.units), np.float32)
    carry, first = cell.start(len(steps.rows)), 0
    last = carry.hidden.copy()
    for rows in map(len, steps.places):
        some = slice(first, first + rows)
        carry = cell.step(inputs[some], Carry(carry.hidden[:rows], carry.cell[:rows]))
        outputs[some] = last[:rows] = carry.hidden
        first += rows
    return outputs, last
