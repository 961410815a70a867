"""Calibration and coverage, against slow and plain versions of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.evaluation.metrics.calibration import coverage_at_risk, expected_error
from cueline.evaluation.metrics.tally import BINS, Tally
from tests.evaluation.drawn import Drawn, corpora

confidences = st.lists(
    st.tuples(st.sampled_from([0.1, 0.2, 0.7, 0.9]), st.booleans()), min_size=1, max_size=30
)
risks = st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.5, 0.99])


@given(corpora())
def test_expected_error_is_the_mean_gap_of_the_bins(drawn: Drawn) -> None:
    right = drawn.answers.right(drawn.decided.bits)
    gaps = 0.0
    for number in range(BINS):
        rows = [
            row
            for row, confidence in enumerate(drawn.decided.confidence)
            if min(int(confidence * BINS), BINS - 1) == number
        ]
        if rows:
            gap = abs(np.mean(right[rows]) - np.mean(drawn.decided.confidence[rows]))
            gaps += gap * len(rows) / len(right)
    total = Tally.of(drawn.decided, drawn.answers).total()
    assert expected_error(total)[0] == pytest.approx(gaps, abs=1e-6)


def plain(pairs: list[tuple[float, bool]], risk: float) -> float:
    best = 0.0
    for least, _ in pairs:
        answered = [right for confidence, right in pairs if confidence >= least]
        if answered.count(False) <= risk * len(answered):
            best = max(best, len(answered) / len(pairs))
    return best


@given(confidences, risks)
def test_coverage_is_the_most_that_any_threshold_gives(
    pairs: list[tuple[float, bool]], risk: float
) -> None:
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))
    assert coverage_at_risk(confidence, right, risk) == plain(pairs, risk)


@given(confidences, st.permutations(range(30)))
def test_coverage_is_the_same_in_any_order(
    pairs: list[tuple[float, bool]], order: list[int]
) -> None:
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))
    shuffled = [place for place in order if place < len(pairs)]
    assert coverage_at_risk(confidence, right, 0.1) == coverage_at_risk(
        confidence[shuffled], right[shuffled], 0.1
    )
