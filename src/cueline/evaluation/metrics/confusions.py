"""What is done in place of what: a matrix, and the most frequent differences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cueline.baselines import DecisionArrays
from cueline.evaluation.answers import Answers

MAX_ACTIONS = 16
"""Actions of the matrix, those with the most mistakes first."""
MAX_CONFUSIONS = 100
"""Confusions kept, the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Actions that were wrongly left out and others wrongly decided, at the same turns.

    Where every answer is one action, that is a cell of the confusion matrix.
    """

    missed: tuple[str, ...]
    added: tuple[str, ...]
    turns: int


def confusions(decided: DecisionArrays, answers: Answers) -> tuple[Confusion, ...]:
    """Every wrong turn is one of these; of equally frequent ones the first by name."""
    counts = Counter(
        (tuple(sorted(right - done)), tuple(sorted(done - right)))
        for row in np.flatnonzero(~answers.right(decided.bits)).tolist()
        for right, done in [(set(answers.expected(row)), set(answers.named(decided.bits[row])))]
    )
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Confusion(missed=missed, added=added, turns=turns)
        for (missed, added), turns in ranked[:MAX_CONFUSIONS]
    )


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix:
    """At how many turns the row's action was right while the column's was decided.

    Where one action is right and one is decided, that is the confusion matrix. Where they are sets,
    what both have in common counts on the diagonal, and each action missed with each that was
    wrongly decided; a last column counts those missed with none in its place, a last row those
    decided with none missed.
    """

    actions: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """*Shape:* (actions + 1, actions + 1)."""


def confusion_matrix(decided: DecisionArrays, answers: Answers) -> ConfusionMatrix:
    """That of the actions with the most mistakes."""
    wide = len(answers.names)
    due = np.zeros((len(answers.targets), wide), np.float32)
    due[answers.targets.row_of_each(), answers.targets.flat] = 1
    done = np.zeros_like(due)
    done[:, : decided.bits.shape[1]] = decided.bits
    missed, extra = due * (1 - done), done * (1 - due)
    counts = np.zeros((wide + 1, wide + 1))
    counts[:wide, :wide] = missed.T @ extra + np.diag((due * done).sum(axis=0))
    counts[:wide, wide] = missed[extra.sum(axis=1) == 0].sum(axis=0)
    counts[wide, :wide] = extra[missed.sum(axis=1) == 0].sum(axis=0)
    mistakes = missed.sum(axis=0) + extra.sum(axis=0)
    worst = np.argsort(-mistakes, kind="stable")[:MAX_ACTIONS]
    shown = np.append(worst[mistakes[worst] > 0], wide)
    return ConfusionMatrix(
        actions=tuple(answers.names[number] for number in shown[:-1].tolist()),
        counts=tuple(map(tuple, counts[np.ix_(shown, shown)].astype(int).tolist())),
    )
