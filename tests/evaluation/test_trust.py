"""What was promised stands beside what acting turn by turn comes to."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.metrics.calibration import area, risk_coverage
from cueline.evaluation.trust import POINTS
from cueline.policy import Policy
from tests.evaluation.metrics.test_calibration import confidences


@pytest.mark.parametrize(("risk", "coverage"), [(0.02, 0.8), (0.2, 0.99)])
def test_it_is_what_acting_comes_to(
    policy: Policy, unseen: list[Dialogue], risk: float, coverage: float
) -> None:
    policy = policy.at(risk=risk, coverage=coverage)
    sure, wrong, covered, counts, promised = [], [], [], [], []
    for dialogue in unseen:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(turn, state)
            expected = set(turn.actions or ())
            sure.append(decision.sure)
            wrong.append(decision.sure and set(decision.actions) != expected)
            covered.append(any(set(one.actions) == expected for one in decision.candidates))
            counts.append(len(decision.candidates))
            promised.append(decision.coverage)
    found = evaluate_dialogues(policy, unseen).trust
    assert found.risk == risk
    assert found.coverage == pytest.approx(np.mean(promised))
    assert found.coverage < coverage + 1e-9
    assert found.answered == pytest.approx(np.mean(sure))
    assert (found.wrong or 0) == pytest.approx(sum(wrong) / max(sum(sure), 1))
    assert found.covered == pytest.approx(np.mean(covered))
    assert found.candidates == pytest.approx(np.mean(counts))


def test_the_best_threshold_in_hindsight_answers_about_what_the_curve_says(
    policy: Policy, unseen: list[Dialogue]
) -> None:
    found = evaluate_dialogues(policy.at(risk=0.2), unseen)
    most = max(one.answered for one in found.trust.risk_coverage if one.wrong <= 0.2)
    assert found.trust.answerable == pytest.approx(most, abs=0.15)
    assert evaluate_dialogues(policy.at(risk=1), unseen).trust.answerable == 1


def test_the_reliability_table_adds_up_to_the_calibration_error(
    policy: Policy, unseen: list[Dialogue]
) -> None:
    report = evaluate_dialogues(policy, unseen)
    bins = report.trust.reliability
    assert sum(one.turns for one in bins) == report.turns
    gap = sum(one.turns * abs(one.right - one.confidence) for one in bins) / report.turns
    assert gap == pytest.approx(report.ece)


def test_the_curve_is_thin_and_ends_with_every_turn_answered(
    policy: Policy, unseen: list[Dialogue]
) -> None:
    report = evaluate_dialogues(policy, unseen)
    points = report.trust.risk_coverage
    assert len(points) <= POINTS
    assert points[-1].answered == 1
    assert points[-1].wrong == pytest.approx(1 - report.exact)
    assert json.loads(json.dumps(report.as_json()))["trust"]["aurc"] == report.trust.aurc


@given(confidences)
def test_the_area_is_the_mean_risk_over_all_numbers_answered(
    pairs: list[tuple[float, bool]],
) -> None:
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))
    expected, wrong, answered = [], 0.0, 0
    for level in sorted(set(confidence), reverse=True):
        group = ~right[confidence == level]
        for _ in group:  # any of equals is as likely to be the next
            wrong, answered = wrong + group.mean(), answered + 1
            expected.append(wrong / answered)
    assert area(risk_coverage(confidence, right)) == pytest.approx(np.mean(expected))
