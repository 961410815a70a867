"""Confidence as held-out decisions bear it out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.calibration.platt import PlattScaling

chances = st.floats(0, 1, width=32)


def drawn(turns: int, seed: int, truth: float) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities told, and whether it was right: less often, by `truth` in log odds."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(1, 1.5, turns)
    right = rng.random(turns) < 1 / (1 + np.exp(-(odds - truth)))
    return (1 / (1 + np.exp(-odds))).astype(np.float32), right


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_comes_to_be_what_is_found(seed: int) -> None:
    platt = PlattScaling.of(*drawn(4000, seed, truth=0.7))
    told, right = drawn(4000, seed + 100, truth=0.7)
    before, after = told.mean() - right.mean(), platt.confidences(told).mean() - right.mean()
    assert before > 0.08
    assert abs(after) < 0.02


def test_a_few_turns_overrule_nothing() -> None:
    platt = PlattScaling.of(np.full(5, 0.9, np.float32), np.zeros(5, bool))
    assert platt.confidences(np.float32([0.9]))[0] > 0.5


@given(st.floats(0, 3), st.floats(-3, 3), chances, chances)
def test_more_probable_is_never_less_sure(
    slope: float, shift: float, one: float, other: float
) -> None:
    low, high = PlattScaling(slope, shift).confidences(np.sort(np.float32([one, other])))
    assert 0 <= low <= high <= 1


def test_the_impossible_stays_impossible() -> None:
    assert PlattScaling(1.0, 2.0).confidences(np.zeros(1, np.float32))[0] == 0


@given(st.floats(0.01, 3), st.floats(-3, 3), st.lists(st.floats(0, 1, width=32), min_size=1))
def test_one_decision_is_as_sure_as_the_same_one_among_many(
    slope: float, shift: float, chances: list[float]
) -> None:
    for platt in (PlattScaling(slope, shift), PlattScaling()):
        among = platt.confidences(np.float32(chances))
        assert among.tolist() == [platt.confidence(chance) for chance in chances]


@given(st.floats(0, 3), st.floats(-3, 3), chances)
def test_one_is_as_sure_alone_as_among_many(slope: float, shift: float, chance: float) -> None:
    platt = PlattScaling(slope, shift)
    among = platt.confidences(np.float32([chance, 0.5]))[0]
    np.testing.assert_allclose(among, platt.confidence(float(np.float32(chance))), rtol=2e-7)
