"""Whether a decision's confidence is what it says, and how far it can be trusted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cueline.evaluation.tally import Floats, Tally

RISKS = (0.01, 0.02, 0.05, 0.10)


def expected_error(sums: Tally) -> Floats:
    """Expected calibration error of the decided set's confidence (Naeini et al., 2015).

    In each of the equally wide bins of confidence, how far the share of right decisions lies from
    the mean confidence; averaged over turns. *Shapes:* (R, BINS) -> (R,).
    """
    gap = np.abs(sums.bin_exact - sums.bin_confidence).sum(axis=-1)
    return np.asarray(gap / sums.turns[..., 0])


def coverage_at_risk(confidence: Floats, right: npt.NDArray[np.bool_], risk: float) -> float:
    """The largest share of turns that can be answered, surest first, with at most `risk` wrong.

    A point of the risk-coverage curve (El-Yaniv and Wiener, 2010). Turns of equal confidence are
    answered together or not at all. *Shapes:* (N,), (N,).
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    answered = np.arange(1, len(order) + 1)
    last_of_equals = np.append(np.diff(confidence[order]) != 0, True)[: len(order)]
    good = np.flatnonzero((wrong <= risk * answered) & last_of_equals)
    return float(answered[good[-1]] / len(order)) if len(good) else 0.0
