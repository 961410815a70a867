"""`ActionSets.weigh` and `ActionSets.belief` for a single turn, as acting needs them.

At one turn nearly all time goes into calling NumPy, whatever the length of what it is called with.
So what is one number here is a Python float, and only rows of actions and of sets are arrays; for
many turns at once that would be the slow way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cueline.policy.action_sets import CLEAR, IMPOSSIBLE, ActionSets, Weighed
from cueline.policy.recurrence import Array, softplus


class Believed(NamedTuple):
    """What the logits say of the turn."""

    probabilities: Array
    """Of each action. *Shape:* (A,)."""
    bits: tuple[int, ...]
    """Bit numbers of the set of the most expected use."""
    chance: float
    """The probability of that set."""
    weighed: Weighed
    """A row of one."""


def believe(sets: ActionSets, logits: Array, masked: Sequence[int]) -> Believed:
    """The probabilities at the turn, and what is decided. `logits`, *shape* (A,), are written to.

    `masked` are the bit numbers of the actions that are not allowed.
    """
    if masked:
        logits[masked] = IMPOSSIBLE
    seen = sets.of_sets.of_row(logits)
    seen += sets.offsets
    rest = -math.inf
    if sets.rest is not None:
        rest = sets.rest + float(softplus(logits).sum())
    top = max(rest, float(seen.max(initial=-np.inf)))
    share = np.exp(seen - np.float32(top))
    other = math.exp(rest - top)
    total = float(share.sum()) + other
    share /= np.float32(total)
    probabilities = sets.of_actions.of_row(share)
    if sets.rest is not None:
        half = np.float32(0.5 * other / total)
        probabilities += half * np.tanh(logits * np.float32(0.5)) + half
    total = top + math.log(total)
    row = [np.array([number], np.float32) for number in (rest, total)]
    weighed = Weighed(logits[None], seen[None], share[None], *row)
    bits, score = _decided(sets, weighed, probabilities, total)
    if score <= IMPOSSIBLE / 2:
        return Believed(np.zeros_like(logits), (), 0.0, weighed)
    chance = math.exp(min(score - total, 0.0))
    return Believed(np.minimum(probabilities, np.float32(1)), bits, chance, weighed)


def _decided(
    sets: ActionSets, weighed: Weighed, probabilities: Array, total: float
) -> tuple[tuple[int, ...], float]:
    """The set of the most expected use, and its log weight."""
    logits, seen = weighed.logits[0], weighed.seen[0]
    if sets.rest is None:
        best = int(seen.argmax())
        return sets.ordered[best], float(seen[best])
    score = float(np.maximum(logits, np.float32(0)).sum()) + sets.rest
    if not sets.sets:
        return _on(logits > 0), score
    whole = seen + sets.overlap
    best = int(whole.argmax())
    top = float(whole[best])
    if max(top, score) - total < CLEAR and not _clear(sets, whole, best, score, total):
        bits, log = sets.most_useful(weighed, whole[None], probabilities[None])
        return _on(bits[0]), float(log[0])
    return (sets.ordered[best], top) if top >= score else (_on(logits > 0), score)


def _clear(sets: ActionSets, whole: Array, best: int, score: float, total: float) -> bool:
    """Whether the likeliest set, a seen one, is the most useful, by more than `CLEAR` looks at.

    With a probability p it is of use 2 p at the least. Any other one, with q at the most, is of use
    q + p d + (1 - p) at the most, where d is what it can have in common with a set of that size.
    """
    top = float(whole[best])
    if score > top:
        return False
    whole[best] = -np.inf
    second = math.exp(max(float(whole.max()), score) - total)
    whole[best] = top
    size = len(sets.ordered[best])
    return math.exp(top - total) * (3 - 2 * size / (2 * size + 1)) >= 1 + second


def _on(bits: Array) -> tuple[int, ...]:
    return tuple(bits.nonzero()[0].tolist())
