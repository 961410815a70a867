"""From a risk, the share of wrong decisions, to the confidence from which a decision is sure.

A rule picks the lowest confidence from which at most a certain share of the scored decisions is
wrong. What it comes to on a dialogue to come is what it comes to on each scored one when picked
from the others: where dialogues are exchangeable, the mean of that is the risk of the rule on one
dialogue fewer, whatever the rule and however wrong decisions flock in dialogues (Luntz and
Brailovsky, 1969; for conformal risk control without monotone losses, Angelopoulos, 2024, where the
difference to the plain share is the rule's stability). So the share is set as high as the promised
risk bears, by whole dialogues left out. The risk is that of all sure decisions together:
E[wrong] / E[sure].

Choosing by a few numbers finds lucky ones. Therefore they are taken together with `PRIOR` decisions
of which as many are wrong as the confidence itself expects, and few are not enough to be sure. What
is not counted is the choice among shares; measured on drawn dialogues it matters where they are too
few to answer much, and go wrong as a whole.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.types import Array, Floats, Ints

PRIOR = 30
"""Decisions that the confidence counts for, beside those that were scored."""
MAX_POINTS = 200
"""Points of a curve; the others are left out, never moved."""
MAX_LEVELS = 1000
"""Confidences that a threshold is picked from."""


class RiskCurve(Struct, frozen=True):
    """The share of wrong decisions to expect from each confidence on.

    Both lists follow the number of decisions: less confidence, more risk. Without a point nothing
    is ever sure.
    """

    confidence: list[float] = []
    risk: list[float] = []
    """The share of wrong ones among all decisions of at least that confidence."""

    @classmethod
    def of(cls, confidence: Array, right: npt.NDArray[np.bool_], dialogue: Ints) -> RiskCurve:
        """The curve of scored decisions, each of a `dialogue` by its number. *Shapes:* (N,)."""
        if len(np.unique(dialogue)) < 2:  # none is left to pick by when one is left out
            return cls()
        counts = _Counts.of(confidence, right, dialogue)
        share = counts.wrong_from_here(counts.wrong.sum(axis=0), counts.sure.sum(axis=0))
        shares = np.unique(share)
        level = np.searchsorted(share, shares, side="right") - 1
        wrong, sure = counts.left_out(shares)
        risk = (wrong + PRIOR * counts.expected[level]) / (sure + PRIOR)
        risk = np.where(sure > 0, np.maximum(risk, shares), 1)
        # A point is useless where a lower confidence has no more risk.
        lowest_after = np.append(np.minimum.accumulate(risk[::-1])[::-1][1:], np.inf)
        useful = np.flatnonzero((risk < lowest_after) & (risk < 1))
        if len(useful) > MAX_POINTS:
            useful = useful[np.linspace(0, len(useful) - 1, MAX_POINTS).round().astype(int)]
        down = np.floor(counts.confidence[level[useful]] * 1e6) / 1e6
        up = np.ceil(risk[useful] * 1e6) / 1e6
        return cls(down.round(6).tolist(), up.round(6).tolist())

    def threshold(self, risk: float) -> float:
        """The lowest confidence from which at most a share `risk` is wrong; infinite if none is."""
        allowed = np.searchsorted(self.risk, risk, side="right")
        return self.confidence[allowed - 1] if allowed else math.inf

    def least_risk(self, confidence: Array) -> Floats:
        """The smallest risk whose threshold each confidence reaches; infinite where none is.

        *Shapes:* (N,) -> (N,).
        """
        above = -np.array(self.confidence, np.float64)
        point = np.searchsorted(above, -np.asarray(confidence, np.float64))
        return np.append(np.array(self.risk, np.float64), np.inf)[point]


class _Counts(NamedTuple):
    """Decisions of `D` dialogues, counted from each of `L` confidences on."""

    confidence: Floats
    """Descending. *Shape:* (L,)."""
    expected: Floats
    """The share of wrong ones that the confidences expect. *Shape:* (L,)."""
    sure: Floats
    """*Shape:* (D, L)."""
    wrong: Floats
    """*Shape:* (D, L)."""

    @classmethod
    def of(cls, confidence: Array, right: npt.NDArray[np.bool_], dialogue: Ints) -> _Counts:
        order = np.argsort(-confidence, kind="stable")
        ordered = confidence[order].astype(np.float64)
        ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
        if len(ends) > MAX_LEVELS:
            ends = ends[np.linspace(0, len(ends) - 1, MAX_LEVELS).round().astype(int)]
        names, number = np.unique(dialogue[order], return_inverse=True)
        cell = number * len(ends) + np.searchsorted(ends, np.arange(len(ordered)))
        size = len(names) * len(ends)

        def counted(weights: npt.NDArray[np.bool_] | None) -> Floats:
            counts = np.bincount(cell, weights, size).reshape(len(names), len(ends))
            return np.asarray(counts.cumsum(axis=1), np.float64)

        expected = np.cumsum(1 - ordered)[ends] / (ends + 1)
        return cls(ordered[ends], expected, counted(None), counted(~right[order]))

    def wrong_from_here(self, wrong: Floats, sure: Floats) -> Floats:
        """The least share of wrong ones from this confidence or a lower one on.

        Where nothing is counted there is none. *Shapes:* (..., L), (..., L) -> (..., L).
        """
        share = np.divide(wrong, sure, out=np.full(sure.shape, np.inf), where=sure > 0)
        return np.asarray(np.minimum.accumulate(share[..., ::-1], axis=-1)[..., ::-1])

    def left_out(self, shares: Floats) -> tuple[Floats, Floats]:
        """What is wrong and what is sure by each share, in dialogues left out of the picking.

        *Shapes:* (S,) -> (S,), (S,).
        """
        others = self.wrong_from_here(
            self.wrong.sum(axis=0) - self.wrong, self.sure.sum(axis=0) - self.sure
        )
        wrong, sure = np.zeros(len(shares)), np.zeros(len(shares))
        for row, found in enumerate(others):
            level = np.searchsorted(found, shares, side="right") - 1
            wrong += np.where(level >= 0, self.wrong[row, level], 0)
            sure += np.where(level >= 0, self.sure[row, level], 0)
        return wrong, sure
