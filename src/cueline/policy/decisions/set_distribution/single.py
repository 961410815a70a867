"""`ActionSets.log_weights` and `ActionSets.predictions` for a single turn, as acting needs them.

At one turn nearly all time goes into calling NumPy, whatever the length of what it is called with.
So what is one number, or a few, is Python's here, and only rows of actions and of sets are arrays;
for many turns at once that would be the slow way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

import numpy as np

from cueline.policy.decisions.set_distribution.batched import (
    CLEAR,
    FAR,
    HIGHEST,
    IMPOSSIBLE,
    LEAST,
    RIVALS,
    ActionSets,
)
from cueline.types import Array

_ONE = np.float32(1)


class Scores(NamedTuple):
    """The log weights of the sets at a turn: what is decided, and what else may be right."""

    logits: Array
    """Those of the actions, far below zero where they are not allowed. *Shape:* (A,)."""
    whole: Array
    """Of each set seen in training, as that and as one of any sets. *Shape:* (K,)."""
    rest: float
    """Of any set by independent bits, all together."""
    total: float
    """Of all that together."""

    @property
    def on(self) -> tuple[int, ...]:
        """The actions whose bits are on where each is decided by itself."""
        return tuple((self.logits > 0).nonzero()[0].tolist())

    def free(self, sets: ActionSets) -> float:
        """Of the set `on` as one of any sets; none that was never seen is likelier."""
        if sets.rest is None:
            return -math.inf
        return sets.rest + float(np.add.reduce(np.maximum(self.logits, 0)))


class Prediction(NamedTuple):
    """What the logits say of the turn."""

    probabilities: list[float]
    """Of each of the `A` actions."""
    bits: tuple[int, ...]
    """Bit numbers of the set of the most expected use."""
    chance: float
    """The probability of that set."""
    scores: Scores


def predict_one(sets: ActionSets, logits: Array, masked: Sequence[int]) -> Prediction:
    """The probabilities at the turn, and what is decided. `logits`, *shape* (A,), are written to.

    `masked` are the bit numbers of the actions that are not allowed.
    """
    np.minimum(logits, HIGHEST, out=logits)
    if masked:
        logits[masked] = IMPOSSIBLE
    alone, rest = _alone(sets, logits)
    share = sets.of_sets.of_row(logits).astype(np.float32)
    whole = share + sets.whole
    best, likeliest = _likeliest(whole)
    top = max(rest, likeliest)
    share += sets.offsets - np.float32(top)
    np.exp(share, out=share)
    other = math.exp(rest - top)
    parts = float(np.add.reduce(share)) + other
    each = sets.of_actions.of_row(share)
    alone *= np.float32(other)
    each += alone
    each *= 1 / parts
    probabilities = np.minimum(each, 1.0, out=each).tolist()
    scores = Scores(logits, whole, rest, top + math.log(parts))
    bits, score = _decided(sets, scores, probabilities, best, likeliest)
    if score <= IMPOSSIBLE / 2:
        return Prediction([0.0] * sets.actions, (), 0.0, scores)
    return Prediction(probabilities, bits, math.exp(min(score - scores.total, 0.0)), scores)


def _alone(sets: ActionSets, logits: Array) -> tuple[Array, float]:
    """The probability of each action by itself, and the log weight of any set. *Shape:* (A,)."""
    odds = np.exp(logits)
    either = odds + _ONE
    odds /= either
    rest = -math.inf if sets.rest is None else sets.rest
    return odds, rest + float(np.add.reduce(np.log(either, out=either)))


def _likeliest(whole: Array) -> tuple[int, float]:
    """Which seen set it is, and its log weight. *Shape:* (K,)."""
    if not len(whole):
        return -1, -math.inf
    best = int(whole.argmax())
    return best, float(whole[best])


def _decided(
    sets: ActionSets, scores: Scores, probabilities: list[float], best: int, top: float
) -> tuple[tuple[int, ...], float]:
    """The set of the most expected use, and its log weight; `best` and `top` of the seen ones."""
    if sets.rest is None or (top >= scores.rest and _clear(sets, scores, best, top)):
        return sets.ordered[best], top
    free = scores.free(sets)
    if sets.sets and max(top, free) - scores.total < CLEAR:
        return _most_useful(sets, scores, probabilities, max(top, free), free)
    return (sets.ordered[best], top) if top >= free else (scores.on, free)


def _clear(sets: ActionSets, scores: Scores, best: int, top: float) -> bool:
    """Whether the likeliest set, a seen one, is the most useful, whatever the others are.

    With a probability p it is of use 2 p at the least. Any other one, with q at the most, is of use
    q + p d + (1 - p) at the most, where d is what it can have in common with a set of that size.
    """
    if top - scores.total >= CLEAR:
        return True
    whole = scores.whole
    whole[best] = -np.inf
    second = max(_likeliest(whole)[1], scores.rest)
    whole[best] = top
    size = len(sets.ordered[best])
    common = 2 * size / (2 * size + 1)
    chance, next_ = math.exp(top - scores.total), math.exp(second - scores.total)
    return chance * (3 - common) >= 1 + next_


def _most_useful(
    sets: ActionSets, scores: Scores, probabilities: list[float], top: float, free: float
) -> tuple[tuple[int, ...], float]:
    """What is decided where that is not clear, and the likeliest set has the log weight `top`."""
    least = top - FAR
    (numbers,) = (scores.whole >= least).nonzero()
    if len(numbers) > RIVALS:
        numbers = scores.whole.argpartition(-RIVALS)[-RIVALS:]
    rivals = [sets.ordered[number] for number in numbers.tolist()]
    logs = scores.whole.take(numbers).tolist()
    chances = [math.exp(log - scores.total) for log in logs]
    shared = (sets.alike[numbers[:, None], numbers] @ np.array(chances, np.float32)).tolist()
    others = _others(rivals, chances, probabilities)
    other = sum(others) / max(1 - sum(chances), LEAST)
    if free >= least and (on := scores.on) not in rivals:
        shared.append(sum(map(mul, [_dice(on, rival) for rival in rivals], chances)))
        rivals.append(on)
        logs.append(free)
        chances.append(math.exp(free - scores.total))
    uses = [
        chance + alike + 2 * sum([others[bit] for bit in rival]) / max(len(rival) + other, LEAST)
        for rival, chance, alike in zip(rivals, chances, shared, strict=True)
    ]
    best = uses.index(max(uses))
    return rivals[best], logs[best]


def _others(
    rivals: list[tuple[int, ...]], chances: list[float], probabilities: list[float]
) -> list[float]:
    """How likely each action is by other sets than the rivals."""
    named: dict[int, float] = {}
    for rival, chance in zip(rivals, chances, strict=True):
        for bit in rival:
            named[bit] = named.get(bit, 0.0) + chance
    others = probabilities.copy()
    for bit, chance in named.items():
        others[bit] = max(others[bit] - chance, 0.0)
    return others


def _dice(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Dice's coefficient of two sets; 1 of the empty set with itself."""
    both = len(one) + len(other)
    return 2 * len(set(one).intersection(other)) / both if both else 1.0
