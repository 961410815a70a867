"""How good a policy is, with all that the page draws of it."""

from __future__ import annotations

from collections.abc import Sequence

from cueline.evaluation.learning_curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.confusion import confusion
from cueline.web.policy_view import threshold
from cueline.web.schemas import JudgeAnswer


def judgement(
    scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()
) -> JudgeAnswer:
    """The figures and the confusions of a judged corpus, of which `report` tells; and a curve."""
    told = report.as_json()
    del told["failures"]  # they are looked through, not listed here
    policy = scored.policy
    return JudgeAnswer(told, threshold(policy), confusion(scored), policy.training, list(curve))
