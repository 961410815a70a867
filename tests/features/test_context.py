"""Context features to columns: numbers standardised and cut, categories by value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from cueline.features.context import Context
from cueline.features.counts import ContextCounts

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


def one_a_turn(name: str, values: list[object]) -> Dialogue:
    return Dialogue("d", tuple(Turn("", {name: value}, actions=()) for value in values))


@given(numbers, st.floats(-1e9, 1e9))
def test_a_number_is_standardised_and_cut_at_five_standard_deviations(
    seen: list[float], value: float
) -> None:
    context = Context.fit([one_a_turn("n", list(seen))], max_values=9)
    columns, entries = context.entries({"n": value})
    assert columns == [0, 1, 2]
    standard = (value - np.mean(seen)) / (np.std(seen) or 1.0)
    if np.std(seen) > 1e-3:
        expected = [1.0, float(value > 0), np.clip(standard, -5, 5)]
        np.testing.assert_allclose(entries, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("value, cut", [(1e9, 5.0), (-1e9, -5.0), (2.0, 1.0), (0.0, -1.0)])
def test_far_numbers_are_all_as_far(value: float, cut: float) -> None:
    context = Context.fit([one_a_turn("n", [0.0, 2.0])], max_values=9)
    assert context.entries({"n": value})[1][2] == cut


def test_a_number_that_was_always_the_same_is_counted_in_ones() -> None:
    context = Context.fit([one_a_turn("n", [4.0, 4.0])], max_values=9)
    assert context.entries({"n": 5.5})[1] == [1.0, 1.0, 1.5]


@pytest.mark.parametrize("huge", [1e300, -1e300])
def test_a_number_too_large_to_be_squared_leaves_the_others_finite(huge: float) -> None:
    context = Context.fit([one_a_turn("n", [huge, 0.0, 1.0])], max_values=9)
    assert np.isfinite([context.features[0].mean, context.features[0].scale]).all()
    assert np.isfinite(context.entries({"n": huge})[1]).all()


def test_of_more_values_than_are_wanted_the_most_frequent_are_kept() -> None:
    corpus = [one_a_turn("c", [*values]) for values in ("zab", "zab", "z", "y", "y", "y")]
    kept = [Context.fit(corpus, most).features[0].values for most in range(5)]
    assert kept == [[], ["y"], ["y", "z"], ["a", "y", "z"], ["a", "b", "y", "z"]]


def test_a_category_says_how_many_values_and_which_of_those_of_two_dialogues() -> None:
    corpus = [one_a_turn("c", [value, "always"]) for value in ("once", "twice", "twice")]
    context = Context.fit(corpus, max_values=9)
    (feature,) = context.features
    assert feature.values == ["always", "twice"]
    assert context.width == feature.width == 4
    assert context.entries({"c": "twice"}) == ([0, 3], [1.0, 1.0])
    assert context.entries({"c": "once"}) == ([0, 1], [1.0, 1.0])
    both = ("always", "once", "never")
    assert context.entries({"c": both}) == ([0, 1, 2], [2.0, 1.0, 1.0])
    assert context.entries({"c": both}, value_masked=True) == ([0, 1], [2.0, 1.0])
    assert context.entries({"c": ()}, value_masked=True) == ([0], [0.0])
    assert Context.fit(corpus, max_values=1).features[0].values == ["always"]


def test_a_boolean_says_that_it_is_there_and_whether_it_is_true() -> None:
    context = Context.fit([one_a_turn("b", [True]), one_a_turn("c", ["x"])], max_values=9)
    assert context.entries({"b": True}) == ([2, 3], [1.0, 1.0])
    assert context.entries({"b": False, "n": 1.0, "d": "x", "e": True}) == ([2], [1.0])


def test_what_training_never_had_is_counted() -> None:
    context = Context.fit([one_a_turn("c", ["x"]), one_a_turn("c", ["x"])], max_values=9)
    for features, new in (
        ({"c": "x"}, 0),
        ({"c": "y"}, 1),
        ({"d": "x"}, 1),
        ({"c": "y", "d": 1, "e": True}, 3),
    ):
        assert context.novel(features, context.entries(features)[0]) == new


vectors = st.lists(st.floats(-1e150, 1e150), min_size=2, max_size=6)


@given(vectors, st.floats(0.1, 1e9), st.booleans())
def test_of_a_vector_its_direction_counts(
    vector: list[float], larger: float, value_masked: bool
) -> None:
    context = Context.fit([one_a_turn("v", [tuple(vector)]), one_a_turn("c", ["x"])], max_values=9)
    columns, entries = context.entries({"v": tuple(vector)}, value_masked)
    assert columns == list(range(2, 3 + len(vector)))
    assert entries[0] == 1.0
    length = np.linalg.norm(np.array(vector, np.longdouble))
    expected = np.array(vector) / float(length or 1)
    np.testing.assert_allclose(entries[1:], expected, rtol=1e-9, atol=1e-9)
    if length > 1e-100:
        scaled = context.entries({"v": tuple(larger * one for one in vector)})[1]
        np.testing.assert_allclose(scaled, entries, rtol=1e-6, atol=1e-9)


def test_vectors_of_one_name_are_equally_long() -> None:
    short, long = one_a_turn("v", [(1.0, 2.0)]), one_a_turn("v", [(1.0, 2.0, 3.0)])
    what = (
        r"dialogue 'd' turn 0: the feature 'v' has 3 numbers; it has 2 in dialogue 'd' turn 0; "
        "vectors of one name are equally long"
    )
    with pytest.raises(CorpusError, match=what):
        Context.fit([short, long], max_values=9)
    both = ContextCounts.of([short])
    with pytest.raises(CorpusError, match=what):
        both += ContextCounts.of([long])
    with pytest.raises(CorpusError, match="turn 1: the feature 'v' has 1 numbers; it has 2 in"):
        Context.fit([one_a_turn("v", [(1.0, 2.0), (3.0,)])], max_values=9)
    context = Context.fit([short], max_values=9)
    with pytest.raises(CorpusError, match="'v' has 3 numbers, and in training it had 2; send"):
        context.entries({"v": (1.0, 2.0, 3.0)})
    with pytest.raises(CorpusError, match="it has 2 in the policy to train further; vectors of"):
        context.extended([long], max_values=9)
    assert context.fitting({"v": (1.0, 2.0, 3.0), "n": 1, "w": (1.0,)}) == {"n": 1, "w": (1.0,)}
    assert context.fitting({"v": (1.0, 2.0)}) == {"v": (1.0, 2.0)}


def test_a_vector_beside_a_category_of_its_name_is_another_feature() -> None:
    context = Context.fit([one_a_turn("f", [(1.0, 0.0), "x"]), one_a_turn("f", ["x"])], 9)
    assert [(one.name, one.kind) for one in context.features] == [
        ("f", "category"),
        ("f", "vector"),
    ]
    assert context.entries({"f": "x"}) == ([0, 2], [1.0, 1.0])
    assert context.entries({"f": (0.0, 3.0)}) == ([3, 4, 5], [1.0, 0.0, 1.0])
    assert context.novel({"f": (0.0, 3.0)}, [3, 4, 5]) == 0
    assert context.entries({"g": (0.0, 3.0)}) == ([], [])
