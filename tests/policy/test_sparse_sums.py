"""Sums of groups are what the product with 0 and 1 gives, for a row and for many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.sparse_sums import SparseSums

WIDTH = 6
groups = st.lists(st.lists(st.integers(0, WIDTH - 1), unique=True, max_size=WIDTH), max_size=9)


@given(groups, st.integers(0, 5), st.integers(0, 99))
def test_sums_are_a_product_with_ones_and_zeros(
    some: list[list[int]], rows: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=(rows, WIDTH)).astype(np.float32)
    ones = np.zeros((WIDTH, len(some)), np.float32)
    for number, columns in enumerate(some):
        ones[columns, number] = 1
    found = SparseSums(some).of_rows(values)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values @ ones, atol=1e-5)
    for row, sums in zip(values, found, strict=True):
        assert SparseSums(some).of_row(row) == pytest.approx(sums, abs=1e-5)
