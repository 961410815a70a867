"""What is done in place of what: the most frequent differences between right and decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cueline.baselines import DecisionArrays
from cueline.evaluation.answers import Answers

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
