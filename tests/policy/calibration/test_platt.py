"""Confidence as held-out decisions bear it out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from cueline.policy.calibration.platt import NEWNESS_COST, PRIOR, PlattScaling

chances = st.floats(0, 1, width=32)


def drawn(turns: int, seed: int, excess: float) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and whether each was right: less often, by `excess` in log odds."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(1, 1.5, turns)
    right = rng.random(turns) < 1 / (1 + np.exp(-(odds - excess)))
    return (1 / (1 + np.exp(-odds))).astype(np.float32), right


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_comes_to_be_what_is_found(seed: int) -> None:
    platt = PlattScaling.of(*drawn(4000, seed, excess=0.7))
    probabilities, right = drawn(4000, seed + 100, excess=0.7)
    before = probabilities.mean() - right.mean()
    after = platt.confidences(probabilities).mean() - right.mean()
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
        assert among.dtype == np.float32


@given(st.floats(0, 3), st.floats(-3, 3), chances)
def test_one_is_as_sure_alone_as_among_many(slope: float, shift: float, chance: float) -> None:
    platt = PlattScaling(slope, shift)
    among = platt.confidences(np.float32([chance, 0.5]))[0]
    np.testing.assert_allclose(among, platt.confidence(float(np.float32(chance))), rtol=2e-7)


@given(chances, st.floats(0, 1), st.floats(0, 1))
def test_so_is_one_that_is_new(chance: float, words: float, values: float) -> None:
    platt = PlattScaling(0.9, 0.2, 1.3, 0.4)
    among = platt.confidences(np.float32([chance, 0.5]), np.array([[words, values], [0, 0]]))
    alone = platt.confidence(float(np.float32(chance)), (words, values))
    np.testing.assert_allclose(among, [alone, platt.confidence(0.5)], rtol=2e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("turns", [5, 50, 1000])
def test_it_is_the_logistic_regression_with_that_prior(turns: int, seed: int) -> None:
    probabilities, right = drawn(turns, seed, excess=0.7)
    odds = np.log(probabilities.astype(np.float64) / (1 - probabilities))

    def loss(weights: np.ndarray) -> float:
        logits = weights[0] * odds + weights[1]
        nll = np.logaddexp(0, np.where(right, -logits, logits)).sum()
        return float(nll + PRIOR / 2 * ((weights[0] - 1) ** 2 + weights[1] ** 2))

    platt = PlattScaling.of(probabilities, right)
    np.testing.assert_allclose(
        [platt.slope, platt.shift], minimize(loss, [1.0, 0.0], tol=1e-10).x, atol=1e-3
    )


def test_where_the_likelier_are_less_often_right_all_are_as_sure() -> None:
    probabilities = np.repeat(np.float32([0.1, 0.9]), 500)
    platt = PlattScaling.of(probabilities, probabilities < 0.5)
    assert platt.slope == 0
    assert len(set(platt.confidences(probabilities).tolist())) == 1


@pytest.mark.parametrize("right", [True, False])
def test_certain_decisions_are_fitted_to_as_nearly_certain_ones(right: bool) -> None:
    for certain, nearly in ((0.0, 1e-6), (1.0, 1 - 1e-6)):
        found, expected = (
            PlattScaling.of(np.array([value] * 20), np.full(20, right))
            for value in (certain, nearly)
        )
        assert found == expected
        assert np.isfinite([found.slope, found.shift]).all()


def test_a_policy_keeps_four_decimals() -> None:
    platt = PlattScaling.of(*drawn(50, 0, excess=0.7))
    assert (round(platt.slope, 4), round(platt.shift, 4)) == (platt.slope, platt.shift)


@pytest.mark.parametrize("costs", [(2.0, 0.5), (0.0, 3.0), (-2.0, 1.0)])
def test_what_newness_costs_is_found_and_never_a_gain(costs: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    odds, newness = rng.normal(1, 1.5, 8000), rng.random((8000, 2))
    right = rng.random(8000) < 1 / (1 + np.exp(-(odds - newness @ np.array(costs))))
    platt = PlattScaling.of(1 / (1 + np.exp(-odds)), right, newness)
    assert platt.words == 0 if costs[0] < 0 else abs(platt.words - costs[0]) < 0.4
    assert abs(platt.values - costs[1]) < 0.4
    old, new = platt.confidence(0.9), platt.confidence(0.9, (1.0, 1.0))
    assert new < old


def test_what_is_no_cost_once_another_is_left_out_is_left_out_too() -> None:
    """Words gain and values cost, but nearly always come together: together they gain."""
    rng = np.random.default_rng(1)
    odds, words = rng.normal(1, 1.5, 4000), rng.random(4000)
    values = np.clip(words + rng.normal(0, 0.1, 4000), 0, 1)
    right = rng.random(4000) < 1 / (1 + np.exp(-(odds + 3 * words - values)))
    newness = np.stack([words, values], axis=1)
    platt = PlattScaling.of(1 / (1 + np.exp(-odds)), right, newness)
    without = PlattScaling.of(1 / (1 + np.exp(-odds)), right)
    assert platt == without


def test_newness_that_no_turn_had_is_expected_to_cost_something() -> None:
    probabilities, right = drawn(500, 0, excess=0.0)
    platt = PlattScaling.of(probabilities, right, np.zeros((500, 2)))
    assert platt.words == platt.values == NEWNESS_COST


@given(chances, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_newer_the_less_sure(
    chance: float, words: float, values: float, more: float, others: float
) -> None:
    platt = PlattScaling(0.9, 0.2, 1.3, 0.4)
    newer = (min(words + more, 1.0), min(values + others, 1.0))
    assert platt.confidence(chance, newer) <= platt.confidence(chance, (words, values))
