"""From a coverage to the log probability from which a set is a candidate.

This is split conformal prediction (Vovk et al., 2005) with the negative log likelihood (nll) of a
set as its score, which gives the smallest sets of candidates on average (Sadinle et al., 2019). The
score of every set is known exactly, even of one never seen, so the right one is left out only for
being too unlikely. The decision itself is always a candidate: its score is 0.

If `k` of `N` held-out turns score higher, the next turn does with probability (k + 1) / (N + 1),
provided that turns are exchangeable. Only dialogues are, so coverage can be short by one part in
the number of held-out dialogues; measured, it is not. Where the right set cannot be named, being
impossible or behind too many others, its score is infinite: that share of turns is never covered,
and no coverage above the rest is promised. `policy.decisions.candidates` names the sets.
"""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct

from cueline.types import Array

ROUNDING = 1e-6
"""A share that is whole in the numbers of turns counts, as 1 - 0.9 is a little below 0.1."""
MAX_POINTS = 250
"""Points of a curve, close together where few turns are missed; the others are left out."""


class CoverageCurve(Struct, frozen=True):
    """The share of turns whose right set is missed if candidates have at most a certain nll."""

    missed: list[float] = []
    """Shares, ascending."""
    nll: list[float] = []
    """In nats, descending."""

    @classmethod
    def of(cls, scores: Array) -> CoverageCurve:
        """The curve of held-out scores, infinite where no candidate can be right. *Shape:* (N,)."""
        ordered = np.sort(scores)[::-1]
        finite = np.flatnonzero(np.isfinite(ordered))
        if not len(finite):
            return cls()
        steps = np.geomspace(1, len(finite), MAX_POINTS).round().astype(int) - 1
        kept = np.unique(ordered[finite[np.unique(steps)]])[::-1]
        higher = len(ordered) - np.searchsorted(ordered[::-1], kept, side="right")
        missed = (higher + 1) / (len(ordered) + 1)
        return cls(missed.round(6).tolist(), (np.ceil(kept * 1e4) / 1e4).round(4).tolist())

    def min_log_prob(self, coverage: float) -> float:
        """The log probability from which a set is a candidate.

        That of the highest coverage where a higher one is asked for; minus infinity without points.
        """
        enough = np.searchsorted(self.missed, 1 - coverage + ROUNDING, side="right")
        return -self.nll[max(int(enough) - 1, 0)] if self.nll else -math.inf

    @property
    def highest(self) -> float:
        """The highest coverage that can be promised; 1 without points."""
        return round(1 - self.missed[0], 6) if self.missed else 1.0
