"""Whether a decision's confidence is what it says, and how far it can be trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.evaluation.metrics.tally import Tally
from cueline.types import Floats

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
    answered, wrong, _ = risk_coverage(confidence, right)
    good = np.flatnonzero(wrong <= risk * answered)
    return float(answered[good[-1]] / len(right)) if len(good) else 0.0


class RiskCoverage(NamedTuple):
    """The risk-coverage curve: `P` ways to answer the surest turns alone. *Shapes:* (P,)."""

    answered: npt.NDArray[np.int64]
    """Turns answered, ascending."""
    wrong: npt.NDArray[np.int64]
    """Those of them that are wrong."""
    confidence: Floats
    """The least confidence among them."""


def risk_coverage(confidence: Floats, right: npt.NDArray[np.bool_]) -> RiskCoverage:
    """The whole curve. *Shapes:* (N,), (N,)."""
    order = np.argsort(-confidence, kind="stable")
    ordered = confidence[order]
    last_of_equals = np.append(np.diff(ordered) != 0, True)[: len(order)]
    answered, wrong = np.arange(1, len(order) + 1), np.cumsum(~right[order])
    return RiskCoverage(*(column[last_of_equals] for column in (answered, wrong, ordered)))


def area(curve: RiskCoverage) -> float:
    """The area under the curve (Geifman et al., 2019): the mean share of wrong ones.

    Over all numbers of turns answered; in no order among turns of equal confidence.
    """
    answered = np.arange(1, curve.answered[-1] + 1)
    wrong = np.interp(answered, np.append(0, curve.answered), np.append(0, curve.wrong))
    return float((wrong / answered).mean())
