"""Held-out decisions drawn at random: dialogues that are easy or hard as a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Simulated(NamedTuple):
    """*Shapes:* (N,)."""

    confidence: np.ndarray
    right: np.ndarray
    scores: np.ndarray
    """Surprises at the right set, 0 where it was decided on."""
    dialogue: np.ndarray


def simulated(dialogues: int, rng: np.random.Generator, spoilt: float = 0.0) -> Simulated:
    """Dialogues of 1 to 15 turns, with a share of wrong turns that no candidate can mend."""
    lengths = rng.integers(1, 16, dialogues)
    ease = np.repeat(rng.normal(2.5, 1, dialogues), lengths)
    logit = ease + rng.normal(0, 1.5, lengths.sum())
    confidence = 1 / (1 + np.exp(-1.3 * logit))  # too sure of itself
    right = rng.random(len(logit)) < 1 / (1 + np.exp(-logit))
    scores = np.where(right, 0, rng.exponential(2, len(logit)) - np.log1p(-confidence))
    scores = np.where(rng.random(len(logit)) < spoilt, np.inf, scores)
    return Simulated(confidence, right, scores, np.repeat(np.arange(dialogues), lengths))
