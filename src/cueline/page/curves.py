"""What confidence is worth: computed from the confidence of each decision and whether it is right.

Both arrays are all that is needed. *Shape:* (N,) each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cueline.evaluation import calibration
from cueline.evaluation.tally import BINS, Floats
from cueline.page.answers import BinAnswer, PointAnswer

Right = npt.NDArray[np.bool_]
POINTS = 200
"""Of a risk-coverage curve, spread evenly over the turns."""


def reliability(confidence: Floats, right: Right) -> list[BinAnswer]:
    """In equally wide bins of confidence: how many turns, their mean confidence, how many right."""
    bins = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    turns = np.bincount(bins, minlength=BINS)
    sums = np.bincount(bins, confidence, minlength=BINS)
    hits = np.bincount(bins, right, minlength=BINS)
    return [
        BinAnswer(
            int(turns[n]), round(float(sums[n] / turns[n]), 4), round(float(hits[n] / turns[n]), 4)
        )
        for n in np.flatnonzero(turns).tolist()
    ]


def risk_coverage(confidence: Floats, right: Right) -> list[PointAnswer]:
    """For each threshold: how many turns are as sure as that, and how many of them are wrong.

    The least sure first, so that the whole corpus is answered there (El-Yaniv and Wiener, 2010).
    """
    curve = calibration.risk_coverage(confidence, right)
    points = len(curve.answered)
    chosen = np.unique(np.linspace(0, points - 1, min(POINTS, points)).round().astype(int))
    return [
        PointAnswer(
            round(float(curve.confidence[n]), 6), int(curve.answered[n]), int(curve.wrong[n])
        )
        for n in chosen[::-1].tolist()
    ]
