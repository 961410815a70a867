"""From a risk, the share of wrong decisions, to the confidence from which a decision is sure.

On `D` held-out dialogues, the decisions with at least a certain confidence are counted, and the
wrong ones among them. One more dialogue, of mean length and wrong throughout, is added to both:
that is conformal risk control (Angelopoulos et al., 2022) on whole dialogues, since the turns of
one are not exchangeable. No dialogue to come can be worse than the one added, so few held-out
decisions are not enough to be sure. The theorem assumes a risk that only falls as confidence rises;
measured on few turns it does so on the whole, not at every one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.types import Array

MAX_POINTS = 200
"""Points of a curve; the others are left out, never moved."""


class RiskCurve(Struct, frozen=True):
    """The share of wrong decisions from each confidence on.

    Both lists follow the number of decisions: less confidence, more risk. Without a point nothing
    is ever sure.
    """

    confidence: list[float] = []
    risk: list[float] = []
    """The share of wrong ones among all decisions of at least that confidence."""

    @classmethod
    def of(cls, confidence: Array, right: npt.NDArray[np.bool_], dialogues: int) -> RiskCurve:
        """The curve of held-out decisions. *Shapes:* (N,), (N,)."""
        order = np.argsort(-confidence, kind="stable")
        ordered = confidence[order]
        answered = np.arange(1, len(order) + 1)
        extra = len(order) / max(dialogues, 1)
        risk = (np.cumsum(~right[order]) + extra) / (answered + extra)
        last_of_equals = np.append(np.diff(ordered) != 0, True)[: len(order)]
        ordered, risk = ordered[last_of_equals], risk[last_of_equals]
        # A point is useless where a lower confidence has no more risk.
        lowest_from_here = np.minimum.accumulate(risk[::-1])[::-1]
        useful = np.flatnonzero(np.append(risk[:-1] < lowest_from_here[1:], True)[: len(risk)])
        if len(useful) > MAX_POINTS:
            useful = useful[np.linspace(0, len(useful) - 1, MAX_POINTS).round().astype(int)]
        down, up = np.floor(ordered[useful] * 1e6) / 1e6, np.ceil(risk[useful] * 1e6) / 1e6
        return cls(down.round(6).tolist(), up.round(6).tolist())

    def threshold(self, risk: float) -> float:
        """The lowest confidence from which at most a share `risk` is wrong; infinite if none is."""
        allowed = np.searchsorted(self.risk, risk, side="right")
        return self.confidence[allowed - 1] if allowed else math.inf
