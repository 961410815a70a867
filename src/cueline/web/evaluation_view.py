"""How a policy did on a corpus, as the page draws it: figures, confusions, changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cueline.evaluation.changed import changed_turns, comparable
from cueline.evaluation.curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.policy_view import threshold
from cueline.web.schemas import ChangesAnswer, ConfusionAnswer, EvaluationAnswer

MAX_CHANGES = 100
"""Changed turns listed."""


def evaluation_answer(
    scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()
) -> EvaluationAnswer:
    """The figures in `report` of the scored corpus, and a learning curve."""
    figures = report.as_json()
    del figures["failures"]  # they are looked through, not listed here
    matrix = ConfusionAnswer(**figures.pop("confusion_matrix"))
    policy = scored.policy
    return EvaluationAnswer(figures, threshold(policy), matrix, policy.training, list(curve))


def changes(before: ScoredCorpus, after: ScoredCorpus) -> ChangesAnswer:
    """The turns that two policies decide differently. Raises `PolicyError` as `comparable` does."""
    comparable(after, before)
    was, now = before.right, after.right
    worse, better = np.flatnonzero(was & ~now), np.flatnonzero(now & ~was)
    other = [row for row in np.flatnonzero(~was & ~now).tolist() if _differ(before, after, row)]
    rows = [*worse.tolist(), *better.tolist(), *other][:MAX_CHANGES]
    return ChangesAnswer(
        len(was), len(better), len(worse), len(other), changed_turns(after, before, rows)
    )


def _differ(before: ScoredCorpus, after: ScoredCorpus, row: int) -> bool:
    """By names, as the same action may be another bit."""
    one, other = (each.answers.named(each.decided.bits[row]) for each in (before, after))
    return set(one) != set(other)
