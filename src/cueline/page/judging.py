"""How good a policy is, with all that the page draws of it."""

from __future__ import annotations

from collections.abc import Sequence

from cueline.evaluation.curve import Point
from cueline.page.answers import JudgeAnswer
from cueline.page.confusion import confusion
from cueline.page.curves import reliability, risk_coverage
from cueline.page.judged import Judged, threshold


def judgement(judged: Judged, curve: Sequence[Point] = ()) -> JudgeAnswer:
    """The figures, the curves and the confusions of a judged corpus; and a learning curve."""
    confidence, right = judged.decided.confidence, judged.right
    report = judged.report.as_json()
    del report["failures"]  # they are looked through, not listed here
    return JudgeAnswer(
        report,
        reliability(confidence, right),
        risk_coverage(confidence, right),
        threshold(judged.policy),
        confusion(judged),
        judged.policy.training,
        list(curve),
    )
