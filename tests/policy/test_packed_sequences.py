"""Rows laid out step by step are all there, once, and give what they give one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.dataset import Ragged
from cueline.policy.packed_sequences import portions, row_sums, unroll
from cueline.policy.rnn_cells import LSTMCell

lengths = st.lists(st.integers(0, 6), max_size=12)
seeds = st.integers(0, 99)


def ragged(rows: list[int], seed: int) -> Ragged:
    """Rows of those lengths, of numbers below 7."""
    rng = np.random.default_rng(seed)
    return Ragged.of([rng.integers(0, 7, length) for length in rows], np.int32)


@given(lengths, st.integers(1, 30))
def test_every_row_and_every_item_is_there_once(rows: list[int], most: int) -> None:
    some = ragged(rows, 0)
    steps = list(portions(some.starts[:-1], some.lengths, most))
    assert sorted(row for part in steps for row in part.rows.tolist()) == list(range(len(rows)))
    places = [place for part in steps for place in part.all_places.tolist()]
    assert sorted(places) == list(range(len(some.flat)))
    for part in steps:
        for number, at in enumerate(part.places):
            np.testing.assert_array_equal(at, some.starts[part.rows[: len(at)]] + number)


@given(lengths, seeds)
def test_sums_of_rows_are_a_product_with_a_sparse_matrix(rows: list[int], seed: int) -> None:
    some, rng = ragged(rows, seed), np.random.default_rng(seed)
    kernel = rng.normal(size=(7, 3)).astype(np.float32)
    values = rng.normal(size=len(some.flat)).astype(np.float32)
    dense = np.zeros((len(rows), 7), np.float32)
    np.add.at(dense, (some.row_of_each(), some.flat), values)
    chosen = rng.permutation(len(rows))
    found = row_sums(kernel, some, chosen, values)
    np.testing.assert_allclose(found, dense[chosen] @ kernel, atol=1e-5)
    plain = row_sums(kernel, some, chosen)
    np.testing.assert_allclose(
        plain, row_sums(kernel, some, chosen, np.ones_like(values)), atol=1e-6
    )


@given(lengths, seeds)
def test_unrolled_together_each_row_gives_what_it_gives_alone(rows: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel, recurrent = (rng.normal(size=(n, 8)).astype(np.float32) for n in (3, 2))
    memory = LSTMCell(kernel, recurrent, rng.normal(size=8).astype(np.float32))
    some = ragged(rows, seed)
    inputs = rng.normal(size=(len(some.flat), 3)).astype(np.float32)
    for steps in portions(some.starts[:-1], some.lengths, 20):
        outputs, last = unroll(memory, inputs[steps.all_places], steps)
        laid = dict(zip(steps.all_places.tolist(), outputs, strict=True))
        for row, final in zip(steps.rows.tolist(), last, strict=True):
            carry = memory.start(1)
            for place in range(some.starts[row], some.starts[row + 1]):
                carry = memory.step(inputs[place : place + 1], carry)
                np.testing.assert_allclose(laid[place], carry.hidden[0], atol=1e-5)
            np.testing.assert_allclose(final, carry.hidden[0], atol=1e-5)
