"""How good a policy is, with all that the page draws of it."""

from __future__ import annotations

from collections.abc import Sequence

from cueline.evaluation.learning_curve import Point
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import Judged
from cueline.web.confusion import confusion
from cueline.web.policy_view import threshold
from cueline.web.schemas import JudgeAnswer


def judgement(judged: Judged, report: Report, curve: Sequence[Point] = ()) -> JudgeAnswer:
    """The figures and the confusions of a judged corpus, of which `report` tells; and a curve."""
    told = report.as_json()
    del told["failures"]  # they are looked through, not listed here
    policy = judged.policy
    return JudgeAnswer(told, threshold(policy), confusion(judged), policy.training, list(curve))
