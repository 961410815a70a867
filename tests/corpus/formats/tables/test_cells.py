"""What stands in a cell is read as it was meant, whatever program printed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.formats.tables import cells
from cueline.errors import CorpusError, Place

PLACE = Place(Path("log.csv"))
NAMES: dict[str, Callable[[list[str]], str]] = {
    "JSON": json.dumps,
    "Python's list": str,
    "Python's tuple": lambda names: str(tuple(names)),
    "Python's set": lambda names: str(set(names)),
    "NumPy's array": lambda names: str(np.array(names, dtype=object)),
    "NumPy's array of text": lambda names: str(np.array(names, dtype=str)),
}
BITS: dict[str, Callable[[list[int]], str]] = {
    "JSON": json.dumps,
    "Python's booleans": lambda bits: str([bool(bit) for bit in bits]),
    "Python's floats": lambda bits: str([float(bit) for bit in bits]),
    "NumPy's array": lambda bits: str(np.array(bits)),
    "NumPy's booleans": lambda bits: str(np.array(bits, dtype=bool)),
    "NumPy's floats": lambda bits: str(np.array(bits, dtype=float)),
}
names = st.lists(
    st.text("abé _-(),;'\"[]{}\\x", min_size=1, max_size=8).filter(str.isprintable),
    unique=True,
    max_size=5,
)


@pytest.mark.parametrize("printer", NAMES)
@given(given_names=names)
def test_a_printed_list_of_names_is_those_names(printer: str, given_names: list[str]) -> None:
    found = cells.actions(NAMES[printer](given_names), (), PLACE)
    assert found is not None
    assert sorted(found) == sorted(given_names)


@pytest.mark.parametrize("printer", BITS)
@given(bits=st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_a_printed_list_of_bits_is_those_bits(printer: str, bits: list[int]) -> None:
    found = cells.actions(BITS[printer](bits), (), PLACE)
    assert found == tuple(f"action_{at}" for at, bit in enumerate(bits) if bit)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("[greet, close]", ("greet", "close")),
        ("[Hang up]", ("[Hang up]",)),
        ("offer(x); close", ("offer(x)", "close")),
        ("(a), (b)", ("(a)", "(b)")),
    ],
)
def test_names_need_no_quotes(cell: str, expected: tuple[str, ...]) -> None:
    assert cells.actions(cell, (), PLACE) == expected


@pytest.mark.parametrize("cell", ["['a', b]", '{"name": "a"}', "['C:\\x', 'b']", "[['a'], ['b']]"])
def test_a_list_of_anything_else_is_refused(cell: str) -> None:
    with pytest.raises(CorpusError, match="expected names of actions, or bits"):
        cells.actions(cell, (), PLACE)


@given(value=st.lists(st.text("ab c", min_size=1, max_size=4), min_size=1, max_size=4))
def test_several_names_are_a_feature_of_several(value: Any) -> None:
    assert cells.feature(str(value), PLACE, "known") == tuple(value)


VECTORS: dict[str, Callable[[list[float]], Any]] = {
    "a list": list,
    "JSON": json.dumps,
    "Python's list": str,
    "Python's tuple": lambda numbers: str(tuple(numbers)),
    "NumPy's array": lambda numbers: np.array2string(
        np.array(numbers), floatmode="unique", threshold=10**6
    ),
}


@pytest.mark.parametrize("printer", VECTORS)
@given(numbers=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=90))
def test_a_printed_list_of_numbers_is_a_vector(printer: str, numbers: list[float]) -> None:
    assert cells.feature(VECTORS[printer](numbers), PLACE, "meaning") == tuple(numbers)


@pytest.mark.parametrize("cell", [[1.0, "a"], [1.0, float("nan")], "[1.0, true]", "[[1], [2]]"])
def test_a_list_that_is_no_vector_is_refused(cell: Any) -> None:
    with pytest.raises(CorpusError, match="`meaning`: a list neither of names nor of finite"):
        cells.feature(cell, PLACE, "meaning")
