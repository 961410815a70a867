"""What is counted in each dialogue, and is enough for every figure.

Every figure is a function of sums over dialogues, and a resampled corpus is the same dialogues with
other weights: one matrix product gives the sums of a thousand of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cueline.baselines import DecisionArrays
from cueline.evaluation.answers import Answers
from cueline.types import Floats

BINS = 15
"""Bins of confidence, equally wide (Guo et al., 2017)."""


class Tally(NamedTuple):
    """Counts, a row a dialogue or a weighted sum of them; `M` actions, also those out of space."""

    dialogues: Floats
    """*Shape:* (..., 1), as all that are not said to be wider."""
    flawless: Floats
    """Dialogues without a wrong answer."""
    turns: Floats
    exact: Floats
    """Turns whose set of actions is right."""
    top: Floats
    """Turns whose likeliest single action is among the right ones."""
    hits: Floats
    """Times that an action was rightly decided. *Shape:* (..., M)."""
    decided: Floats
    """*Shape:* (..., M)."""
    targets: Floats
    """*Shape:* (..., M)."""
    bin_turns: Floats
    """Turns by the confidence of the decision. *Shape:* (..., BINS)."""
    bin_exact: Floats
    """Those that are right. *Shape:* (..., BINS)."""
    bin_confidence: Floats
    """Their confidence, summed. *Shape:* (..., BINS)."""

    @classmethod
    def of(cls, decided: DecisionArrays, answers: Answers) -> Tally:
        """Count each dialogue by itself. *Shapes:* (D, ...)."""
        right = answers.right(decided.bits)
        dialogue, count = answers.dialogue, len(answers.starts) - 1
        wide = len(answers.names)
        target = answers.targets.row_of_each(), answers.targets.flat
        own = target[1] < decided.bits.shape[1]
        hit = np.zeros(len(own), bool)
        hit[own] = decided.bits[target[0][own], target[1][own]]
        on = np.nonzero(decided.bits)
        first = np.zeros(len(right), bool)
        known = decided.top >= 0
        first[known] = answers.bits[known, decided.top[known]]
        bins = np.clip((decided.confidence * BINS).astype(np.int64), 0, BINS - 1)

        def per_dialogue(row: Any, column: Any, width: int, weight: Any = None) -> Floats:
            cell = dialogue[row] * width + column
            sums = np.bincount(cell, weight, minlength=count * width)
            return sums.reshape(count, width).astype(np.float32)

        turns = np.arange(len(right))
        wrong = per_dialogue(turns, 0, 1, ~right)
        return cls(
            dialogues=np.ones((count, 1), np.float32),
            flawless=(wrong == 0).astype(np.float32),
            turns=per_dialogue(turns, 0, 1),
            exact=per_dialogue(turns, 0, 1, right),
            top=per_dialogue(turns, 0, 1, first),
            hits=per_dialogue(target[0][hit], target[1][hit], wide),
            decided=per_dialogue(on[0], on[1], wide),
            targets=per_dialogue(target[0], target[1], wide),
            bin_turns=per_dialogue(turns, bins, BINS),
            bin_exact=per_dialogue(turns, bins, BINS, right),
            bin_confidence=per_dialogue(turns, bins, BINS, decided.confidence),
        )

    def sums(self, weights: Floats) -> Tally:
        """Sums over dialogues. `weights` *shape:* (R, D); the result's (R, ...)."""
        return Tally(*(weights @ counts for counts in self))

    def total(self) -> Tally:
        """The sum over all dialogues. *Shapes:* (1, ...)."""
        return Tally(*(counts.sum(axis=0, keepdims=True, dtype=np.float64) for counts in self))
