"""How a policy did on a corpus, as the page draws it: figures, confusions, changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cueline.evaluation.changed import changed_turns, comparable
from cueline.evaluation.curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.corpus_view import CorpusView
from cueline.web.policy_view import threshold
from cueline.web.schemas import (
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
<<<<<<< HEAD
    """The figures in `report` of the scored corpus, and a learning curve."""
    figures = report.as_json()
    del figures["failures"]  # they are looked through, not listed here
    matrix = ConfusionAnswer(**figures.pop("confusion_matrix"))
    policy = scored.policy
    return EvaluationAnswer(figures, threshold(policy), matrix, policy.training, list(curve))
=======
    """The figures in `report`, if any, the confusions of the corpus, and a learning curve."""
    figures = None if report is None else report.as_json()
    if figures is not None:
        del figures["failures"]  # they are looked through, not listed here
    policy = view.scored.policy
    return EvaluationAnswer(
        *(figures, view.review(), threshold(policy), confusion(view.scored, view.known)),
        *(policy.training, list(curve)),
    )


def confusion(scored: ScoredCorpus, known: npt.NDArray[np.bool_]) -> ConfusionAnswer:
    """At how many turns the row's action was right while the column's was decided.

    Where one action is right and one is decided that is the confusion matrix. Where they are sets,
    what both have in common counts on the diagonal, and each action missed with each that was
    wrongly decided; a last column counts those missed with none in its place, a last row those
    decided with none missed. Only the `known` turns count. *Shapes:* (N,) ->
    (actions + 1, actions + 1).
    """
    answers, wide = scored.answers, len(scored.answers.names)
    due = np.zeros((len(answers.targets), wide), np.float32)
    due[answers.targets.row_of_each(), answers.targets.flat] = 1
    done = np.zeros_like(due)
    done[:, : scored.decided.bits.shape[1]] = scored.decided.bits
    due, done = due[known], done[known]
    missed, extra = due * (1 - done), done * (1 - due)
    counts = np.zeros((wide + 1, wide + 1))
    counts[:wide, :wide] = missed.T @ extra + np.diag((due * done).sum(axis=0))
    counts[:wide, wide] = missed[extra.sum(axis=1) == 0].sum(axis=0)
    counts[wide, :wide] = extra[missed.sum(axis=1) == 0].sum(axis=0)
    mistakes = missed.sum(axis=0) + extra.sum(axis=0)
    worst = np.argsort(-mistakes, kind="stable")[:MAX_ACTIONS]
    shown = np.append(worst[mistakes[worst] > 0], wide)
    return ConfusionAnswer(
        [answers.names[number] for number in shown[:-1].tolist()],
        counts[np.ix_(shown, shown)].astype(int).tolist(),
    )
>>>>>>> 71fd4bb (Errors are corrected where they are seen, in the corpus and live; links are ids; what nobody judged is neither right nor wrong)


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
