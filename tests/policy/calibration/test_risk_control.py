"""No more of what is called sure is wrong than was chosen, on dialogues of the same kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from cueline.policy.calibration.risk_control import MAX_POINTS, RiskCurve
from tests.policy.simulated import simulated

pairs = st.lists(
    st.tuples(st.sampled_from([0.125, 0.25, 0.5, 0.75, 1.0]), st.booleans()),
    min_size=1,
    max_size=40,
)
shares = st.floats(0, 1)


@pytest.mark.parametrize("risk", [0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("dialogues", [20, 60, 300])
def test_the_promise_holds_on_the_average_of_many_corpora(risk: float, dialogues: int) -> None:
    rng = np.random.default_rng(7)
    wrong = answered = 0
    excess = []
    for _ in range(80):
        held_out, new = simulated(dialogues, rng), simulated(200, rng)
        curve = RiskCurve.of(held_out.confidence, held_out.right, dialogues)
        sure = new.confidence >= curve.threshold(risk)
        wrong, answered = wrong + (sure & ~new.right).sum(), answered + sure.sum()
        excess.append((sure & ~new.right).sum() - risk * sure.sum())
    assert np.mean(excess) <= 3 * np.std(excess) / np.sqrt(len(excess))
    if dialogues == 300 and risk >= 0.05:  # with so many it is used up, too
        assert wrong / answered > 0.7 * risk


@given(pairs, st.integers(1, 10), shares)
def test_it_is_the_lowest_confidence_that_can_be_afforded(
    drawn: list[tuple[float, bool]], dialogues: int, risk: float
) -> None:
    confidence, right = (np.array(column) for column in zip(*drawn, strict=True))
    more = len(drawn) / dialogues
    afforded = [
        least
        for least in confidence
        if (~right[confidence >= least]).sum() + more <= risk * ((confidence >= least).sum() + more)
    ]
    found = RiskCurve.of(confidence, right, dialogues).threshold(risk)
    above = RiskCurve.of(confidence, right, dialogues).threshold(risk + 2e-6)
    assert above <= min(afforded, default=math.inf) <= found  # but for rounding


@given(pairs, st.integers(1, 10), shares, shares)
def test_what_is_sure_stays_so_at_a_greater_risk(
    drawn: list[tuple[float, bool]], dialogues: int, one: float, other: float
) -> None:
    confidence, right = (np.array(column) for column in zip(*drawn, strict=True))
    curve = RiskCurve.of(confidence, right, dialogues)
    assert curve.threshold(min(one, other)) >= curve.threshold(max(one, other))


def test_a_long_curve_is_thinned_and_stays_on_the_safe_side() -> None:
    rng = np.random.default_rng(0)
    drawn = simulated(3000, rng)
    curve = RiskCurve.of(drawn.confidence, drawn.right, 3000)
    assert len(curve.risk) == len(curve.confidence) <= MAX_POINTS
    assert (np.diff(curve.risk) >= 0).all()
    assert (np.diff(curve.confidence) < 0).all()
    for risk in (0.05, 0.1, 0.15):
        sure = drawn.confidence >= curve.threshold(risk)
        assert 0.8 * risk < np.mean(~drawn.right[sure]) <= risk


def test_without_held_out_dialogues_nothing_is_sure() -> None:
    assert RiskCurve().threshold(1.0) == math.inf


@given(pairs, st.integers(1, 10))
def test_the_curve_is_one_less_precision_with_one_more_dialogue_wrong(
    drawn: list[tuple[float, bool]], dialogues: int
) -> None:
    confidence, right = (np.array(column) for column in zip(*drawn, strict=True))
    if not right.any():  # precision has no curve then
        return
    precision, _, thresholds = precision_recall_curve(right, confidence)
    extra = len(drawn) / dialogues
    curve = RiskCurve.of(confidence, right, dialogues)
    for threshold, risk in zip(curve.confidence, curve.risk, strict=True):
        answered = int((confidence >= threshold).sum())
        wrong = (1 - precision[np.flatnonzero(thresholds == threshold)[0]]) * answered
        assert risk == pytest.approx((wrong + extra) / (answered + extra), abs=2e-6)


def test_a_point_of_more_confidence_and_no_less_risk_is_left_out() -> None:
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, True, False])
    curve = RiskCurve.of(confidence, right, 4)
    assert curve == RiskCurve([0.7, 0.6], [0.5, 0.6])


def test_a_thinned_curve_keeps_both_ends() -> None:
    confidence = np.linspace(1, 0.5, 2000)
    curve = RiskCurve.of(confidence, np.arange(2000) < 1000, 2000)
    assert len(curve.risk) == MAX_POINTS
    assert curve.risk[0] == pytest.approx(1 / 1001, abs=2e-6)
    assert curve.confidence[-1] == 0.5
    assert curve.risk[-1] == pytest.approx(1001 / 2001, abs=2e-6)
