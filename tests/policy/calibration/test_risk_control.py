"""No more of what is called sure is wrong than was chosen, on dialogues of the same kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import (
    MAX_LEVELS,
    MAX_POINTS,
    PRIOR,
    RiskCurve,
    _Counts,
)
from tests.policy.simulated import simulated

levels = st.sampled_from([0.125, 0.25, 0.5, 0.75, 1.0])
judged = st.lists(
    st.tuples(levels, st.booleans(), st.integers(0, 5)),
    min_size=1,
    max_size=40,
)
shares = st.floats(0, 1)
Drawn = list[tuple[float, bool, int]]


def arrays(drawn: Drawn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    confidence, right, dialogue = (np.array(column) for column in zip(*drawn, strict=True))
    return confidence, right, dialogue


@pytest.mark.parametrize("risk", [0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("dialogues", [20, 60, 300])
def test_the_promise_holds_on_the_average_of_many_corpora(risk: float, dialogues: int) -> None:
    rng = np.random.default_rng(7)
    wrong = answered = 0
    excess = []
    for _ in range(80):
        known, new = simulated(dialogues, rng), simulated(200, rng)
        platt = PlattScaling.of(known.confidence, known.right)
        curve = RiskCurve.of(platt.confidences(known.confidence), known.right, known.dialogue)
        sure = platt.confidences(new.confidence) >= curve.threshold(risk)
        wrong, answered = wrong + (sure & ~new.right).sum(), answered + sure.sum()
        excess.append((sure & ~new.right).sum() - risk * sure.sum())
    assert np.mean(excess) <= 3 * np.std(excess) / np.sqrt(len(excess))
    if dialogues >= 60 and risk >= 0.05:  # with so many it is used up, too
        assert wrong / answered > 0.7 * risk


def picked(drawn: Drawn, share: float, levels: set[float]) -> float:
    """The lowest of `levels` from which at most that share is wrong, counted anew."""
    afforded = []
    for least in levels:
        right = [right for confidence, right, _ in drawn if confidence >= least]
        if right and right.count(False) <= share * len(right) + 1e-9:
            afforded.append(least)
    return min(afforded, default=math.inf)


def bought(drawn: Drawn, least: float) -> float:
    """The risk from a confidence on: what comes of its share on each dialogue by the others."""
    of_all = [(c, r) for c, r, _ in drawn if c >= least]
    share = sum(not right for _, right in of_all) / len(of_all)
    expected = sum(1 - confidence for confidence, _ in of_all) / len(of_all)
    found: list[bool] = []
    levels = {confidence for confidence, _, _ in drawn}
    for dialogue in {number for _, _, number in drawn}:
        least = picked([one for one in drawn if one[2] != dialogue], share, levels)
        found += [r for c, r, number in drawn if number == dialogue and c >= least]
    shrunk = (found.count(False) + PRIOR * expected) / (len(found) + PRIOR)
    return max(shrunk, share) if found else 1.0


@given(judged)
def test_a_point_is_what_comes_of_its_share_on_dialogues_left_out(drawn: Drawn) -> None:
    curve = RiskCurve.of(*arrays(drawn))
    if len({number for _, _, number in drawn}) < 2:
        assert curve == RiskCurve()
    for least, risk in zip(curve.confidence, curve.risk, strict=True):
        assert risk == pytest.approx(bought(drawn, least), abs=2e-6)


@given(judged, st.lists(shares, min_size=1, max_size=5))
def test_what_is_left_out_is_counted_from_the_confidence_that_the_others_afford(
    drawn: Drawn, asked: list[float]
) -> None:
    counts = _Counts.of(*arrays(drawn))
    levels = {confidence for confidence, _, _ in drawn}
    for share, wrong, sure in zip(asked, *counts.left_out(np.array(asked)), strict=True):
        found: list[bool] = []
        for dialogue in {number for _, _, number in drawn}:
            least = picked([one for one in drawn if one[2] != dialogue], share, levels)
            found += [r for c, r, number in drawn if number == dialogue and c >= least]
        assert (wrong, sure) == (found.count(False), len(found))


def test_a_wrong_one_of_the_highest_confidence_is_counted_too() -> None:
    """The second dialogue affords that one and none that is lower; the first is wrong there."""
    drawn = [(1.0, False, 0), (1.0, True, 1), (0.5, False, 1)]
    wrong, sure = _Counts.of(*arrays(drawn)).left_out(np.zeros(1))
    assert (wrong.tolist(), sure.tolist()) == ([1], [1])


def test_of_more_confidences_than_are_compared_the_ends_stay() -> None:
    confidence = np.linspace(0.1, 0.9, 3 * MAX_LEVELS)
    right = np.ones(len(confidence), bool)
    counts = _Counts.of(confidence, right, np.arange(len(confidence)) % 7)
    assert len(counts.confidence) == MAX_LEVELS
    assert (counts.confidence[0], counts.confidence[-1]) == (confidence[-1], confidence[0])
    assert counts.sure[:, -1].sum() == len(confidence)


def test_a_risk_that_is_met_exactly_is_afforded() -> None:
    curve = RiskCurve([0.9, 0.7], [0.05, 0.1])
    assert (curve.threshold(0.05), curve.threshold(0.1)) == (0.9, 0.7)
    assert curve.threshold(0.049) == math.inf


@given(judged, shares)
def test_it_is_the_lowest_confidence_that_can_be_afforded(drawn: Drawn, risk: float) -> None:
    found = RiskCurve.of(*arrays(drawn)).threshold(risk)
    levels = {confidence for confidence, _, _ in drawn}
    alone = len({number for _, _, number in drawn}) < 2
    for least in {confidence for confidence in levels if confidence < found}:
        share = np.mean([not right for confidence, right, _ in drawn if confidence >= least])
        lower = picked(drawn, float(share), levels) < least
        risk_there = bought(drawn, least)
        assert alone or lower or risk_there > risk - 2e-6 or risk_there == 1


@given(judged, shares, shares)
def test_what_is_sure_stays_so_at_a_greater_risk(drawn: Drawn, one: float, other: float) -> None:
    curve = RiskCurve.of(*arrays(drawn))
    assert curve.threshold(min(one, other)) >= curve.threshold(max(one, other))


def test_a_long_curve_is_thinned_and_stays_on_the_safe_side() -> None:
    drawn = simulated(3000, np.random.default_rng(0))
    platt = PlattScaling.of(drawn.confidence, drawn.right)
    confidence = platt.confidences(drawn.confidence)
    curve = RiskCurve.of(confidence, drawn.right, drawn.dialogue)
    assert len(curve.risk) == len(curve.confidence) <= MAX_POINTS
    assert (np.diff(curve.risk) >= 0).all()
    assert (np.diff(curve.confidence) < 0).all()
    for risk in (0.05, 0.1, 0.15):
        sure = confidence >= curve.threshold(risk)
        assert 0.8 * risk < np.mean(~drawn.right[sure]) <= risk


def test_of_a_long_curve_both_ends_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    confidence = np.sort(rng.uniform(0.5, 1, 900))
    drawn = confidence, rng.random(900) < confidence, np.arange(900) % 90
    thinned = RiskCurve.of(*drawn)
    monkeypatch.setattr("cueline.policy.calibration.risk_control.MAX_POINTS", 900)
    whole = RiskCurve.of(*drawn)
    monkeypatch.setattr("cueline.policy.calibration.risk_control.MAX_POINTS", 7)
    few = RiskCurve.of(*drawn)
    assert len(thinned.risk) == min(len(whole.risk), MAX_POINTS)
    assert len(few.risk) == 7 < len(whole.risk)
    for place in (0, -1):
        assert few.risk[place] == whole.risk[place]
        assert few.confidence[place] == whole.confidence[place]


def test_without_dialogues_nothing_is_sure() -> None:
    assert RiskCurve().threshold(1.0) == math.inf
    nothing = np.array([])
    assert RiskCurve.of(nothing, nothing.astype(bool), nothing.astype(int)) == RiskCurve()


def test_where_all_is_wrong_nothing_is_sure_at_any_risk() -> None:
    curve = RiskCurve.of(np.full(60, 0.5), np.zeros(60, bool), np.arange(60) // 6)
    assert curve == RiskCurve()


def test_few_decisions_are_not_enough_for_a_small_risk() -> None:
    few, many = np.arange(12) // 4, np.arange(1200) // 4
    for dialogue, least in ((few, 0.03), (many, 0.002)):
        sure = np.full(len(dialogue), 0.95)
        threshold = RiskCurve.of(sure, np.ones(len(dialogue), bool), dialogue).threshold
        assert threshold(least) == math.inf or dialogue is many
        assert threshold(0.05) == 0.95
    assert threshold(0.002) == 0.95


def test_a_dialogue_wholly_wrong_counts_as_one_that_was_not_known() -> None:
    """Picked with it, no decision of it is sure; picked without it, all are."""
    right = np.arange(100) >= 10
    confidence = np.where(right, 0.99, 0.98)
    curve = RiskCurve.of(confidence, right, np.arange(100) // 10)
    assert curve.threshold(0.07) == math.inf
    assert curve.risk[0] == pytest.approx((10 + PRIOR * 0.01) / (100 + PRIOR), abs=2e-6)


@given(judged, st.floats(0, 1) | levels, st.floats(0, 1))
def test_the_least_risk_is_the_one_from_which_a_confidence_reaches_the_threshold(
    drawn: Drawn, confidence: float, risk: float
) -> None:
    curve = RiskCurve.of(*arrays(drawn))
    (least,) = curve.least_risk(np.array([confidence]))
    assert (least <= risk) == (confidence >= curve.threshold(risk))
    assert least == math.inf or confidence >= curve.threshold(least)
