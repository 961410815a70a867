"""The right set is among the candidates as often as was chosen, on dialogues of the same kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapie.classification import SplitConformalClassifier
from sklearn.base import BaseEstimator, ClassifierMixin

from cueline.policy.calibration.conformal import MAX_POINTS, CoverageCurve
from tests.policy.simulated import simulated

scores = st.lists(
    st.sampled_from([0.0, 0.5, 1.5, math.inf]) | st.floats(0, 30), min_size=1, max_size=60
)
shares = st.floats(0.01, 0.99)


@pytest.mark.parametrize("coverage", [0.88, 0.9, 0.95])
@pytest.mark.parametrize("dialogues", [60, 300])
def test_the_promise_holds_on_the_average_of_many_corpora(coverage: float, dialogues: int) -> None:
    rng = np.random.default_rng(3)
    short = []
    for _ in range(80):
        held_out, new = simulated(dialogues, rng), simulated(200, rng)
        min_log_prob = CoverageCurve.of(held_out.scores).min_log_prob(coverage)
        covered = (-new.scores >= min_log_prob).sum()
        short.append(covered / len(new.scores) - coverage)
    error = 3 * np.std(short) / np.sqrt(len(short))
    assert abs(np.mean(short)) <= error + 1 / (2 * dialogues)


@given(scores, shares, shares)
def test_a_greater_coverage_asks_for_no_more_of_a_set(
    drawn: list[float], one: float, other: float
) -> None:
    curve = CoverageCurve.of(np.array(drawn))
    assert curve.min_log_prob(max(one, other)) <= curve.min_log_prob(min(one, other))


@given(scores, shares)
def test_of_the_held_out_turns_themselves_no_more_are_missed(
    drawn: list[float], coverage: float
) -> None:
    found = np.array(drawn)
    curve = CoverageCurve.of(found)
    missed = int((-found < curve.min_log_prob(coverage)).sum())
    kept = min(coverage, curve.highest)
    assert missed + 1 <= (1 - kept) * (len(drawn) + 1) + 1e-3 or missed == 0


def test_what_no_candidate_mends_is_never_promised() -> None:
    drawn = simulated(300, np.random.default_rng(0), spoilt=0.2)
    curve = CoverageCurve.of(drawn.scores)
    assert 0.79 < curve.highest < 0.82
    assert curve.min_log_prob(0.85) == curve.min_log_prob(curve.highest) == -max(curve.nll)
    assert curve.min_log_prob(0.5) > curve.min_log_prob(0.85)
    assert CoverageCurve().min_log_prob(0.5) == -math.inf
    assert CoverageCurve().highest == 1


def test_a_long_curve_is_thinned_and_stays_close() -> None:
    drawn = simulated(3000, np.random.default_rng(0))
    curve = CoverageCurve.of(drawn.scores)
    assert len(curve.missed) == len(curve.nll) <= MAX_POINTS
    for coverage in (0.88, 0.9, 0.95, 0.99):
        missed = np.mean(-drawn.scores < curve.min_log_prob(coverage))
        assert 0.9 * (1 - coverage) < missed <= 1 - coverage


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose inputs are its probabilities."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> Given:
        self.classes_ = np.arange(x.shape[1])
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return x

    def predict(self, x: np.ndarray) -> np.ndarray:
        return x.argmax(axis=1)


@pytest.mark.filterwarnings("ignore:WARNING. your conformalization dataset has less labels")
@pytest.mark.parametrize("turns", [25, 40, 87, 200])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.93])
def test_the_sets_are_those_of_mapie(turns: int, coverage: float) -> None:
    rng = np.random.default_rng(turns)
    probabilities = rng.dirichlet(np.ones(6), turns + 300)
    right = np.array([rng.choice(6, p=row) for row in probabilities[:turns]])
    mapie = SplitConformalClassifier(
        Given().fit(probabilities, right), confidence_level=coverage, conformity_score="lac"
    )
    mapie.conformalize(probabilities[:turns], right)
    _, theirs = mapie.predict_set(probabilities[turns:])
    scores = -np.log(probabilities[np.arange(turns), right])
    ours = np.log(probabilities[turns:]) >= CoverageCurve.of(scores).min_log_prob(coverage)
    assert (ours >= theirs[:, :, 0]).all()  # a threshold is rounded to the safe side
    assert (ours != theirs[:, :, 0]).mean() < 0.01


def test_each_point_counts_one_turn_more_than_was_held_out() -> None:
    curve = CoverageCurve.of(np.array([0.5, 1.0, 2.0, 3.0]))
    assert curve == CoverageCurve([0.2, 0.4, 0.6, 0.8], [3.0, 2.0, 1.0, 0.5])
    assert CoverageCurve.of(np.array([1.0, 2.0])).missed == [0.333333, 0.666667]


@given(st.integers(1, 30), st.integers(2, 20))
def test_a_share_that_is_whole_in_turns_is_used_up(each: int, parts: int) -> None:
    """One turn in `parts` may be missed, and of those held out, with one more, that is whole."""
    turns = each * parts - 1
    found = CoverageCurve.of(np.arange(1.0, turns + 1)).min_log_prob(1 - 1 / parts)
    assert found == -(turns - each + 1)
