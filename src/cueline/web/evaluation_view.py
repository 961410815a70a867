"""How a policy did on a corpus, as the page draws it: figures, confusions, changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cueline.baselines import DecisionArrays
from cueline.evaluation.changed import changed_turns, comparable
from cueline.evaluation.curve import CurvePoint
from cueline.evaluation.metrics.confusions import confusion_matrix
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.corpus_view import CorpusView
from cueline.web.policy_view import threshold
from cueline.web.schemas.judging import (
    ChangeKind,
    ChangeRow,
    ChangesAnswer,
    ConfusionAnswer,
    EvaluationAnswer,
)

MAX_CHANGES = 100
"""Changed turns listed."""


def evaluation_answer(
    view: CorpusView, report: Report | None, curve: Sequence[CurvePoint] = ()
) -> EvaluationAnswer:
    """The figures in `report`, if any, the confusions of the corpus, and a learning curve."""
    scored, figures = view.scored, {} if report is None else report.as_json()
    for name in ("failures", "confusion_matrix"):  # the first are looked through, not listed here
        figures.pop(name, None)
    rows = np.flatnonzero(view.known)
    bits, confidence, top = scored.decided
    decided = DecisionArrays(bits[rows], confidence[rows], top[rows])
    matrix = confusion_matrix(decided, scored.answers.take(rows))
    return EvaluationAnswer(
        figures or None,
        view.review(),
        threshold(scored.policy),
        ConfusionAnswer(list(matrix.actions), [list(row) for row in matrix.counts]),
        scored.policy.training,
        list(curve),
    )


def changes(before: CorpusView, after: CorpusView) -> ChangesAnswer:
    """The turns that two policies decide differently. Raises `PolicyError` as `comparable` does."""
    comparable(after.scored, before.scored)
    was, now, known = before.right, after.right, after.known
    differ = np.array([_differ(before.scored, after.scored, row) for row in range(len(was))], bool)
    kinds: dict[ChangeKind, npt.NDArray[np.bool_]] = {
        "broken": known & was & ~now,
        "fixed": known & now & ~was,
        "other": known & ~was & ~now & differ,
        "unjudged": ~known & differ,
    }
    rows = [(kind, row) for kind, mark in kinds.items() for row in np.flatnonzero(mark).tolist()]
    return ChangesAnswer(
        turns=len(was),
        **{kind: int(mark.sum()) for kind, mark in kinds.items()},
        changes=[_change(before, after, kind, row) for kind, row in rows[:MAX_CHANGES]],
    )


def _change(before: CorpusView, after: CorpusView, kind: ChangeKind, row: int) -> ChangeRow:
    (one,) = changed_turns(after.scored, before.scored, [row])
    verdict = after.verdicts(one.number).get(one.turn)
    right = one.expected if verdict is None else verdict.actions
    return ChangeRow(
        *(kind, after.ids[one.number], one.turn, one.user),
        *(None if kind == "unjudged" else right, one.other, one.decided),
    )


def _differ(before: ScoredCorpus, after: ScoredCorpus, row: int) -> bool:
    """By names, as the same action may be another bit."""
    one, other = (each.answers.named(each.decided.bits[row]) for each in (before, after))
    return set(one) != set(other)
