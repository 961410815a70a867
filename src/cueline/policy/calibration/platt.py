"""From the probability of the set decided on to the confidence in it (Platt, 1999).

The decision is the best of many sets, and the best of many estimates tends to be too high; a
temperature, fitted to all sets, does not correct that. So a logistic regression on the log odds of
the probability is fitted to decisions on dialogues that were not learned from. Its prior expects
the probability to be right as it is, and only many turns overrule it.

A network does not know how little it knows of what is new. So the shares of unknown words and of
unseen values go into the regression too. They never make a decision surer, and where few turns of
the corpus have any, the prior expects them to cost something.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.types import Array, Floats

PRIOR = 10.0
"""Inverse variance of the slope about 1 and of the shift about 0."""
NEWNESS_PRIOR, NEWNESS_COST = 1.0, 1.0
"""Inverse variance of what newness costs, and the log odds that it is expected to cost."""
NOTHING_NEW = (0.0, 0.0)
_STEPS, _MAX_STEP = 50, 2.0
"""Newton's, and how far one goes: a longer one may overshoot."""
_MARGIN = 1e-6
"""Probabilities are kept this far from 0 and 1."""


class PlattScaling(Struct, frozen=True):
    """Confidence: the logistic function of `slope * log odds + shift` less what newness costs."""

    slope: float = 1.0
    shift: float = 0.0
    words: float = 0.0
    """Log odds that unknown words cost, if all are."""
    values: float = 0.0
    """Log odds that unseen values cost, if all are."""

    @property
    def _identity(self) -> bool:
        """Whether the confidence is the probability."""
        return self == PlattScaling()

    @classmethod
    def of(
        cls, probability: Array, right: npt.NDArray[np.bool_], newness: Floats | None = None
    ) -> PlattScaling:
        """Fitted to decisions, by Newton's method. *Shapes:* (N,), (N,), newness (N, 2)."""
        kept = np.clip(probability.astype(np.float64), _MARGIN, 1 - _MARGIN)
        odds = np.log(kept / (1 - kept))
        inputs = np.stack([odds, np.ones_like(odds)], axis=1)
        expected, prior = np.array([1.0, 0.0]), np.array([PRIOR, PRIOR])
        if newness is not None:
            inputs = np.concatenate([inputs, -newness], axis=1)
            expected = np.append(expected, [NEWNESS_COST] * 2)
            prior = np.append(prior, [NEWNESS_PRIOR] * 2)
        free = np.ones(len(expected), bool)
        while True:  # what would be below zero is zero, and the others are fitted without it
            weights = np.zeros(len(expected))
            weights[free] = _fitted(inputs[:, free], right, expected[free], prior[free])
            below = free & (weights < 0)
            below[1] = False
            if not below.any():
                return cls(*(round(float(weight), 4) for weight in weights))
            free &= ~below

    def confidence(self, probability: float, newness: Sequence[float] = NOTHING_NEW) -> float:
        """The confidence in a set of that probability; 0, where nothing is possible, stays 0."""
        if probability <= 0 or self._identity:
            return _single(probability)
        kept = min(max(probability, _MARGIN), 1 - _MARGIN)
        shift = self.shift - self.words * newness[0] - self.values * newness[1]
        odds = math.exp(shift) * math.pow(kept / (1 - kept), self.slope)
        return _single(odds / (1 + odds))

    def confidences(self, probabilities: Array, newness: Floats | None = None) -> Array:
        """`confidence` of each. *Shapes:* (N,), (N, 2)."""
        if self._identity:
            return probabilities.astype(np.float32)
        kept = np.clip(probabilities.astype(np.float64), _MARGIN, 1 - _MARGIN)
        shift: Floats | float = self.shift
        if newness is not None:
            shift = shift - self.words * newness[:, 0] - self.values * newness[:, 1]
        odds = np.exp(shift) * np.power(kept / (1 - kept), self.slope)
        confidences = np.where(probabilities > 0, odds / (1 + odds), probabilities)
        return confidences.astype(np.float32)


def _fitted(
    inputs: Floats, right: npt.NDArray[np.bool_], expected: Floats, prior: Floats
) -> Floats:
    """The weights of a logistic regression with a normal prior. *Shapes:* (N, W), (N,) -> (W,)."""
    weights = expected
    for _ in range(_STEPS):
        chance = np.exp(-np.logaddexp(0, -inputs @ weights))
        slope = inputs.T @ (chance - right) + prior * (weights - expected)
        curve = (inputs.T * (chance * (1 - chance))) @ inputs + np.diag(prior)
        step = np.linalg.solve(curve, slope)
        weights = weights - step * min(1, _MAX_STEP / max(float(np.abs(step).max()), _MARGIN))
    return weights


def _single(number: float) -> float:
    """Rounded to the precision of arrays, so that one decision is as sure as among many."""
    return float(np.float32(number))
