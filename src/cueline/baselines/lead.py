"""Whether a policy is right more often than its best baseline, or adds nothing to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from cueline.types import Bits, Ints

DEVIATIONS = 1.96
"""Standard errors to either side that hold 95 % of a normal distribution."""


class Lead(Struct, frozen=True):
    """How much more often a policy is right than the baseline that is right most often."""

    over: str
    """The baseline."""
    exact: float
    """Share of turns at which the policy is right, less the baseline's share."""
    interval: tuple[float, float]
    """95 % interval, by how dialogues differ in it: the standard error of a ratio (Cochran, 1977).

    One dialogue has no interval but everything: -1 to 1.
    """

    @classmethod
    def of(cls, right: Bits, others: Mapping[str, Bits], dialogue: Ints) -> Lead | None:
        """Who is right at each of `N` turns, of the dialogues numbered; None without baselines.

        *Shapes:* (N,) each.
        """
        if not others:
            return None
        over = max(others, key=lambda name: others[name].sum())
        _, number = np.unique(dialogue, return_inverse=True)
        turns = np.bincount(number)
        ahead = np.bincount(number, right.astype(int) - others[over])
        exact, count = float(ahead.sum() / len(right)), len(turns)
        spread = 1.0
        if count > 1:
            variance = ((ahead - exact * turns) ** 2).sum() * count / (count - 1)
            spread = DEVIATIONS * float(np.sqrt(variance)) / len(right)
        low, high = max(exact - spread, -1), min(exact + spread, 1)
        return cls(over, round(exact, 6), (round(low, 6), round(high, 6)))

    @property
    def is_sure(self) -> bool:
        """Whether the policy is the better one beyond what could be chance."""
        return self.interval[0] > 0

    def __str__(self) -> str:
        low, high = self.interval
        figures = f"exact {self.exact:+.3f} ({low:+.3f} to {high:+.3f})"
        if self.is_sure:
            return f"better than its best baseline, {self.over}: {figures}"
        return f"adds nothing sure to its best baseline, {self.over}: {figures}"
