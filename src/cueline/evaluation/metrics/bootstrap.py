"""How far figures could have come out otherwise: intervals by resampling dialogues.

Whole dialogues are drawn with replacement, not turns: the turns of a dialogue hang together, and
would make the intervals too narrow (the bootstrap of Efron, 1979, by clusters: Field and Welsh,
2007).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally
from cueline.types import Floats

RESAMPLES = 1000
LEVEL = 0.95
SEED = 0
_CELLS = 4_000_000
"""Weights held in memory at a time."""


def resamples(dialogues: int, count: int = RESAMPLES, seed: int = SEED) -> Iterator[Floats]:
    """How often each dialogue is drawn in each of `count` resampled corpora, some at a time.

    The same seed draws the same, so that two policies on the same dialogues can be compared
    resample by resample. *Shape:* (some, D).
    """
    rng = np.random.default_rng(seed)
    for rows in portions(dialogues, count):
        drawn = rng.integers(dialogues, size=(rows, dialogues))
        drawn += np.arange(rows)[:, None] * dialogues
        weights = np.bincount(drawn.ravel(), minlength=rows * dialogues)
        yield weights.reshape(rows, dialogues).astype(np.float32)


def portions(dialogues: int, count: int) -> list[int]:
    """How many of `count` resampled corpora to hold in memory at a time."""
    some = max(_CELLS // dialogues, 1)
    return [min(some, count - first) for first in range(0, count, some)]


def intervals(tally: Tally, single: bool) -> dict[str, tuple[float, float]]:
    """The middle 95 % of each figure over the resampled corpora. *Shapes:* tally (D, ...).

    A figure that every dialogue shares, such as 1.0 without a single error, has an interval of no
    width: resampling cannot show what was never seen.
    """
    some = (tally.turns > 0).ravel().astype(np.float32)  # draws of none of the turns say nothing
    parts = [
        figures(tally.sums(weights[weights @ some > 0]), single)
        for weights in resamples(len(tally.dialogues))
    ]
    return {
        name: middle(np.concatenate([part[name] for part in parts]), float(figure[0]))
        for name, figure in figures(tally.total(), single).items()
    }


def middle(resampled: Floats, figure: float, least: float = 0) -> tuple[float, float]:
    """The middle of `resampled`, without its bias: moved so that the mean is the `figure` itself.

    The bias matters for macro-F1, as rare actions, which are the hard ones, are often not drawn.
    The figure can be neither below `least` nor above 1.
    """
    tails = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    moved = np.quantile(resampled.astype(np.float64), tails) + figure - resampled.mean()
    low, high = np.clip(moved, least, 1).round(6).tolist()
    return low, high
