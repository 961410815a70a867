"""The temperature that logits are divided by, so that probabilities are what they say.

Guo et al. (2017): the one that minimises the negative log likelihood on held-out dialogues. A prior
expects it near 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LOWEST, HIGHEST = 1 / 2, 8.0
PRIOR = 12.5
"""Nats that a temperature of e must save: few held-out turns cannot tell one from another."""
_STEPS = 20


def fit_temperature(nll: Callable[[float], float], turns: int) -> float:
    """The minimum of `nll` (temperature -> nats a turn) and the prior, by golden-section search.

    `turns` is the number of held-out turns.
    """
    prior = PRIOR / max(turns, 1)

    def loss(log: float) -> float:
        return nll(float(np.exp(log))) + prior * log**2

    low, high = np.log(LOWEST), np.log(HIGHEST)
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return round(float(np.exp((low + high) / 2)), 4)
