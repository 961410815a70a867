"""How good a policy is, with all that the page draws of it."""

from __future__ import annotations

from collections.abc import Sequence

from cueline.evaluation.curve import Point
from cueline.evaluation.judged import Judged
from cueline.evaluation.report import Report
from cueline.page.about import threshold
from cueline.page.answers import JudgeAnswer
from cueline.page.confusion import confusion


def judgement(judged: Judged, report: Report, curve: Sequence[Point] = ()) -> JudgeAnswer:
    """The figures and the confusions of a judged corpus, of which `report` tells; and a curve."""
    told = report.as_json()
    del told["failures"]  # they are looked through, not listed here
    policy = judged.policy
    return JudgeAnswer(told, threshold(policy), confusion(judged), policy.training, list(curve))
