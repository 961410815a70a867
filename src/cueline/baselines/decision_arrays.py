"""Decisions at every answer of a corpus, by a policy or a baseline."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.policy.decisions.decision_model import DecisionModel
from cueline.types import Array, Bits, Floats


class DecisionArrays(NamedTuple):
    """A decision for each of `N` answers."""

    bits: Bits
    """The actions decided on. *Shape:* (N, A)."""
    confidence: Array
    """The probability, by whoever decided, that the whole set is right. *Shape:* (N,)."""
    top: npt.NDArray[np.int64]
    """The likeliest single action, -1 where there is none. *Shape:* (N,)."""


def decision_arrays(
    decision_model: DecisionModel, logits: Array, allowed: Bits, newness: Floats | None = None
) -> DecisionArrays:
    """The decisions of `decision_model` on `logits`. *Shapes:* (N, A), (N, A), (N, 2)."""
    predictions = decision_model.predict(logits, allowed, newness)
    top = np.where(allowed, predictions.probabilities, -1).argmax(axis=1)
    top = np.where(allowed.any(axis=1), top, -1)
    return DecisionArrays(predictions.bits, predictions.confidence, top)
