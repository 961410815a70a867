"""From the probability of the set decided on to the confidence in it (Platt, 1999).

The decision is the best of many sets, and the best of many estimates tends to be too high; a
temperature, fitted to all sets, does not correct that. So a logistic regression on the log odds of
the probability is fitted to held-out decisions. Its prior expects the probability to be right as it
is, and only many turns overrule it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.types import Array

PRIOR = 10.0
"""Inverse variance of the slope about 1 and of the shift about 0."""
_STEPS = 20
_MARGIN = 1e-6
"""Probabilities are kept this far from 0 and 1."""


class PlattScaling(Struct, frozen=True):
    """Confidence is the logistic function of `slope * log odds + shift`."""

    slope: float = 1.0
    shift: float = 0.0

    @property
    def _identity(self) -> bool:
        """Whether the confidence is the probability."""
        return self.slope == 1 and self.shift == 0

    @classmethod
    def of(cls, probability: Array, right: npt.NDArray[np.bool_]) -> PlattScaling:
        """Fitted to held-out decisions, by Newton's method. *Shapes:* (N,), (N,)."""
        kept = np.clip(probability.astype(np.float64), _MARGIN, 1 - _MARGIN)
        odds = np.log(kept / (1 - kept))
        inputs = np.stack([odds, np.ones_like(odds)], axis=1)
        expected = np.array([1.0, 0.0])
        weights = expected
        for _ in range(_STEPS):
            chance = 1 / (1 + np.exp(-inputs @ weights))
            slope = inputs.T @ (chance - right) + PRIOR * (weights - expected)
            curve = (inputs.T * (chance * (1 - chance))) @ inputs + PRIOR * np.eye(2)
            weights = weights - np.linalg.solve(curve, slope)
        return cls(round(max(float(weights[0]), 0.0), 4), round(float(weights[1]), 4))

    def confidence(self, probability: float) -> float:
        """The confidence in a set of that probability; 0, where nothing is possible, stays 0."""
        if probability <= 0 or self._identity:
            return _single(probability)
        kept = min(max(probability, _MARGIN), 1 - _MARGIN)
        odds = math.exp(self.shift) * math.pow(kept / (1 - kept), self.slope)
        return _single(odds / (1 + odds))

    def confidences(self, probabilities: Array) -> Array:
        """`confidence` of each. *Shape:* (N,)."""
        if self._identity:
            return probabilities.astype(np.float32)
        kept = np.clip(probabilities.astype(np.float64), _MARGIN, 1 - _MARGIN)
        odds = math.exp(self.shift) * np.power(kept / (1 - kept), self.slope)
        confidences = np.where(probabilities > 0, odds / (1 + odds), probabilities)
        return confidences.astype(np.float32)


def _single(number: float) -> float:
    """Rounded to the precision of arrays, so that one decision is as sure as among many."""
    return float(np.float32(number))
