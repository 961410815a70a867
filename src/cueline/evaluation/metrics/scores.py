"""The figures, each a function of a `Tally`'s sums. *Shapes:* (R, ...) -> (R,)."""

from __future__ import annotations

import numpy as np

from cueline.evaluation.metrics.calibration import expected_error
from cueline.evaluation.metrics.tally import Tally
from cueline.types import Floats


def figures(sums: Tally, single: bool) -> dict[str, Floats]:
    """All of them by name; `accuracy` only where every answer is a `single` action."""
    found = {
        "exact": share(sums.exact, sums.turns),
        "dialogue_accuracy": share(sums.flawless, sums.dialogues),
        "micro_f1": micro_f1(sums),
        "macro_f1": macro_f1(sums),
        "weighted_f1": weighted_f1(sums),
        "ece": expected_error(sums),
    }
    if single:
        found["accuracy"] = share(sums.top, sums.turns)
    return found


def share(part: Floats, whole: Floats) -> Floats:
    """`part` of `whole`. *Shapes:* (R, 1), (R, 1) -> (R,)."""
    return ratio(part, whole)[..., 0]


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, 0 where there is nothing. *Shape:* any."""
    return np.asarray(part / np.where(whole > 0, whole, 1))


def f1(hits: Floats, decided: Floats, targets: Floats) -> Floats:
    """2 hits / (decided + targets), the harmonic mean of precision and recall.

    Where nothing was to be done and nothing was decided, nothing is wrong: 1. *Shape:* any.
    """
    either = decided + targets
    return np.where(either > 0, ratio(2 * hits, either), 1.0)


def micro_f1(sums: Tally) -> Floats:
    """All actions at all turns thrown together."""
    return f1(sums.hits.sum(axis=-1), sums.decided.sum(axis=-1), sums.targets.sum(axis=-1))


def macro_f1(sums: Tally) -> Floats:
    """The mean over the actions that were to be done or were decided, all actions alike."""
    return _mean(sums, np.sign(sums.decided + sums.targets))


def weighted_f1(sums: Tally) -> Floats:
    """The mean over actions, each as often as it was to be done."""
    return _mean(sums, sums.targets)


def _mean(sums: Tally, weight: Floats) -> Floats:
    total = weight.sum(axis=-1)
    each = f1(sums.hits, sums.decided, sums.targets)
    return np.where(total > 0, ratio((each * weight).sum(axis=-1), total), micro_f1(sums))
