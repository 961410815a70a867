"""How a policy did on a corpus, as the page draws it: figures, confusions, changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cueline.evaluation.changed import changed_turns, comparable
from cueline.evaluation.learning_curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.policy_view import threshold
from cueline.web.schemas import ChangesAnswer, ConfusionAnswer, EvaluationAnswer

MAX_ACTIONS = 16
"""Actions of the confusions, those with the most mistakes first."""
MAX_CHANGES = 100
"""Changed turns listed."""


def evaluation_answer(
    scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()
) -> EvaluationAnswer:
    """The figures in `report`, the confusions of the scored corpus, and a learning curve."""
    figures = report.as_json()
    del figures["failures"]  # they are looked through, not listed here
    policy = scored.policy
    return EvaluationAnswer(
        figures, threshold(policy), confusion(scored), policy.training, list(curve)
    )


def confusion(scored: ScoredCorpus) -> ConfusionAnswer:
    """At how many turns the row's action was right while the column's was decided.

    Where one action is right and one is decided that is the confusion matrix. Where they are sets,
    what both have in common counts on the diagonal, and each action missed with each that was
    wrongly decided; a last column counts those missed with none in its place, a last row those
    decided with none missed. *Shape of the counts:* (actions + 1, actions + 1).
    """
    answers, wide = scored.answers, len(scored.answers.names)
    due = np.zeros((len(answers.targets), wide), np.float32)
    due[answers.targets.row_of_each(), answers.targets.flat] = 1
    done = np.zeros_like(due)
    done[:, : scored.decided.bits.shape[1]] = scored.decided.bits
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
