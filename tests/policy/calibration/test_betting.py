"""Bounds that hold at any time, however the risk drifts: played often enough to see it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from cueline.policy.calibration.betting import PARTS, SHARES, ChangeDetector, MeanBound

Risk = Callable[[int, list[float]], float]
"""The mean of the next loss, from its number and the losses so far."""
STREAMS, LENGTH, DELTA = 300, 250, 0.1

DRIFTS: dict[str, Risk] = {
    "steady": lambda t, _: 0.05,
    "high": lambda t, _: 0.6,
    "jumps": lambda t, _: 0.01 if t < 120 else 0.5,
    "falls": lambda t, _: 0.3 if t < 40 else 0.01,
    "waves": lambda t, _: 0.1 + 0.1 * math.sin(t / 9),
    "rises when unseen": lambda t, past: 0.4 if sum(past[-20:]) == 0 else 0.0,
    "hides after a loss": lambda t, past: 0.02 if past and past[-1] else 0.15,
    "rises while it is lucky": lambda t, past: 0.5 if sum(past) < 0.1 * t else 0.0,
}


def often(streams: int, delta: float) -> int:
    """More than this cannot be chance."""
    return int(binom.ppf(1 - 1e-6, streams, delta))


@pytest.mark.parametrize("risk", DRIFTS.values(), ids=DRIFTS.keys())
@pytest.mark.parametrize("weighted", [False, True])
def test_the_bound_fails_at_any_time_in_at_most_delta_of_streams(
    risk: Risk, weighted: bool
) -> None:
    random, failed = np.random.default_rng(5), 0
    for _ in range(STREAMS):
        bound, expected, past = MeanBound(), 0.0, list[float]()
        for t in range(LENGTH):
            mean = risk(t, past)
            loss = float(random.random() < mean)
            weight = 0.1 if weighted and t % 3 else 1.0
            expected += weight * mean
            bound.update(loss, weight)
            past.append(loss)
            if bound.rules_out(expected / bound.losses, DELTA):
                failed += 1
                break
    assert failed <= often(STREAMS, DELTA)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40),
    st.floats(0.01, 0.99),
    st.floats(0.001, 0.5),
)
def test_it_is_what_betting_wins(losses: list[float], mean: float, delta: float) -> None:
    bound = MeanBound()
    capitals = np.array(PARTS)
    for loss in losses:
        bound.update(loss)
        bets = np.array([share / (1 - share * mean) for share in SHARES])
        capitals *= 1 + bets * (mean - loss)
    assert bound.log_capital(mean) == pytest.approx(math.log(capitals.sum()), abs=1e-6)
    upper = bound.upper(delta)
    assert upper == 1 or bound.rules_out(upper, delta)
    assert not bound.rules_out(upper - 1e-6, delta)
    assert upper >= bound.upper(min(2 * delta, 0.9)) - 1e-8


@given(st.floats(0, 1))
def test_no_loss_is_worth_more_than_a_loss(loss: float) -> None:
    without, with_one = MeanBound(), MeanBound()
    without.update(0.0)
    with_one.update(loss)
    assert without.upper(0.05) <= with_one.upper(0.05) <= 1


def test_it_knows_nothing_at_first_and_nears_the_mean() -> None:
    assert MeanBound().upper(0.05) == 1
    random, bound = np.random.default_rng(0), MeanBound()
    for loss in random.random(5_000) < 0.04:
        bound.update(float(loss))
    assert 0.04 < bound.upper(0.05) < 0.056


def test_it_may_be_halved_in_one_place() -> None:
    """Two of weight one half are one: what counts for less is a part of one."""
    halves, one = MeanBound(), MeanBound()
    for _ in range(2):
        halves.update(1.0, 0.5)
    one.update(1.0)
    assert halves.log_capital(0.3) == pytest.approx(one.log_capital(0.3))


@pytest.mark.parametrize("promised", [0.02, 0.05, 0.2])
def test_false_alarms_are_rare_and_true_ones_quick(promised: float) -> None:
    random, patience = np.random.default_rng(1), 100.0

    def alarm(risk: float, most: int) -> int:
        detector = ChangeDetector(promised, patience)
        return next(
            (t for t in range(1, most) if detector.update(float(random.random() < risk))), most
        )

    waits = [alarm(promised, 2_000) for _ in range(200)]
    assert np.mean(waits) > patience  # even cut at 2,000
    found = [alarm(min(10 * promised, 0.9), 2_000) for _ in range(200)]
    assert np.mean(found) < 30


@settings(max_examples=50)
@given(st.floats(0.01, 0.5), st.integers(0, 300))
def test_it_finds_a_change_whenever_it_comes(promised: float, quiet: int) -> None:
    detector = ChangeDetector(promised, 1_000)
    assert not any(detector.update(0.0) for _ in range(quiet))
    assert any(detector.update(1.0) for _ in range(20))
