"""From a bearable share of mistakes to the confidence from which a decision is sure.

On `D` held-out dialogues, those decisions that are at least so confident are counted, and the wrong
ones among them. One more dialogue, of the mean length and wrong throughout, is added to both: that
is conformal risk control (Angelopoulos et al., 2022) with whole dialogues as what is exchangeable,
since the turns of one hang together. No dialogue to come can be worse than the one added, so where
few speak for a confidence it is not called sure. The theorem wants a risk that only falls as
confidence rises; measured on few turns it does so on the whole, not at every one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.types import Array

POINTS = 200
"""Points kept at the most; the others are left out, never moved."""


class RiskCurve(Struct, frozen=True):
    """The share of wrong decisions that each confidence goes with.

    Both ascend with the number of decisions: less confidence, more risk. Without a point nothing
    is ever sure.
    """

    confidence: list[float] = []
    risk: list[float] = []
    """Of the decisions from that confidence on."""

    @classmethod
    def of(cls, confidence: Array, right: npt.NDArray[np.bool_], dialogues: int) -> RiskCurve:
        """The curve of held-out decisions. *Shapes:* (N,), (N,)."""
        order = np.argsort(-confidence, kind="stable")
        ordered = confidence[order]
        answered = np.arange(1, len(order) + 1)
        more = len(order) / max(dialogues, 1)
        risk = (np.cumsum(~right[order]) + more) / (answered + more)
        last_of_equals = np.append(np.diff(ordered) != 0, True)[: len(order)]
        ordered, risk = ordered[last_of_equals], risk[last_of_equals]
        # Where more can be answered at no more risk, less never is.
        least_from_here = np.minimum.accumulate(risk[::-1])[::-1]
        worth = np.flatnonzero(np.append(risk[:-1] < least_from_here[1:], True)[: len(risk)])
        if len(worth) > POINTS:
            worth = worth[np.linspace(0, len(worth) - 1, POINTS).round().astype(int)]
        down, up = np.floor(ordered[worth] * 1e6) / 1e6, np.ceil(risk[worth] * 1e6) / 1e6
        return cls(down.round(6).tolist(), up.round(6).tolist())

    def threshold(self, risk: float) -> float:
        """The least confidence from which at most a share `risk` is wrong; infinite for none."""
        good = np.searchsorted(self.risk, risk, side="right")
        return self.confidence[good - 1] if good else math.inf
