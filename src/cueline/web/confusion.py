"""Which actions are taken for which."""

from __future__ import annotations

import numpy as np

from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.schemas import ConfusionAnswer

MAX_ACTIONS = 16
"""Actions shown, those with the most mistakes first."""


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
