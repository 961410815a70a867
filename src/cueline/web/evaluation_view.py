"""The evaluation of a policy, with everything that the page draws."""

from __future__ import annotations

from collections.abc import Sequence

from cueline.evaluation.learning_curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.confusion import confusion
from cueline.web.policy_view import threshold
from cueline.web.schemas import JudgeAnswer


def evaluation_answer(
    scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()
) -> JudgeAnswer:
    """The figures in `report`, the confusions of the scored corpus, and a learning curve."""
    figures = report.as_json()
    del figures["failures"]  # they are looked through, not listed here
    policy = scored.policy
    return JudgeAnswer(figures, threshold(policy), confusion(scored), policy.training, list(curve))
