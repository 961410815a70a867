"""A `SetDistribution` at a single turn, as acting needs it: what `batched` computes for one row.

At one turn nearly all time goes into calling NumPy, whatever the length of what it is called with.
So a few numbers are Python's here, and only rows of actions and of sets are arrays; for many turns
at once that would be the slow way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

import numpy as np

from cueline.policy.decisions.set_distribution.distribution import (
    CLEAR_LOG_PROB,
    EPSILON,
    IMPOSSIBLE,
    MAX_LOGIT,
    MAX_RIVALS,
    RIVAL_RANGE,
    SetDistribution,
)
from cueline.types import Array

_ONE = np.float32(1)


class TurnLogWeights(NamedTuple):
    """The log weights of the sets at a turn, from which all candidates follow."""

    logits: Array
    """The actions' logits, far below zero where they are not allowed. *Shape:* (A,)."""
    combined: Array
    """Each seen set's log weight, as itself and as any set. *Shape:* (K,)."""
    unseen: float
    """The log weight of all sets as any set, summed."""
    total: float
    """The log weight of everything together."""

    @property
    def independent_bits(self) -> tuple[int, ...]:
        """The actions whose bits are on where each is decided by itself."""
        return tuple((self.logits > 0).nonzero()[0].tolist())

    def independent_log_weight(self, distribution: SetDistribution) -> float:
        """The log weight of `independent_bits` as any set; no set never seen has a higher one."""
        return distribution.unseen_offset + float(np.add.reduce(np.maximum(self.logits, 0)))

    def probability(self, distribution: SetDistribution, bits: tuple[int, ...]) -> float:
        """That of the set `bits`."""
        row = np.zeros((1, distribution.n_actions), bool)
        row[0, list(bits)] = True
        weight = float(distribution.log_weights_of(row)[0])
        score = weight + float(np.add.reduce(self.logits, where=row[0]))
        return math.exp(min(score - self.total, 0.0))


class Prediction(NamedTuple):
    """What the logits say of the turn."""

    probabilities: list[float]
    """Each of the `A` actions'."""
    bits: tuple[int, ...]
    """Bit numbers of the set of the highest expected utility."""
    chance: float
    """The probability of that set."""
    weights: TurnLogWeights


def predict(distribution: SetDistribution, logits: Array, masked: Sequence[int]) -> Prediction:
    """The probabilities at the turn, and what is decided. `logits`, *shape* (A,), are written to.

    `masked` are the bit numbers of the actions that are not allowed.
    """
    np.minimum(logits, MAX_LOGIT, out=logits)
    if masked:
        logits[masked] = IMPOSSIBLE
    independent, unseen = _independent(distribution, logits)
    seen = distribution.sum_by_set.of_row(logits).astype(np.float32)
    combined = seen + distribution.combined
    best, likeliest = _likeliest(combined)
    top = max(unseen, likeliest)
    seen += distribution.offsets - np.float32(top)
    np.exp(seen, out=seen)
    other = math.exp(unseen - top)
    mass = float(np.add.reduce(seen)) + other
    each = distribution.sum_by_action.of_row(seen)
    independent *= np.float32(other)
    each += independent
    each *= 1 / mass
    probabilities = np.minimum(each, 1.0, out=each).tolist()
    weights = TurnLogWeights(logits, combined, unseen, top + math.log(mass))
    bits, score = _decide(distribution, weights, probabilities, best, likeliest)
    if score <= IMPOSSIBLE / 2:
        return Prediction([0.0] * distribution.n_actions, (), 0.0, weights)
    return Prediction(probabilities, bits, math.exp(min(score - weights.total, 0.0)), weights)


def _independent(distribution: SetDistribution, logits: Array) -> tuple[Array, float]:
    """Each action's probability by itself, and the log weight of all sets. *Shape:* (A,)."""
    odds = np.exp(logits)
    either = odds + _ONE
    odds /= either
    sums = float(np.add.reduce(np.log(either, out=either)))
    return odds, distribution.unseen_offset + sums


def _likeliest(combined: Array) -> tuple[int, float]:
    """Which seen set it is, and its log weight. *Shape:* (K,)."""
    if not len(combined):
        return -1, -math.inf
    best = int(combined.argmax())
    return best, float(combined[best])


def _decide(
    distribution: SetDistribution,
    weights: TurnLogWeights,
    probabilities: list[float],
    best: int,
    top: float,
) -> tuple[tuple[int, ...], float]:
    """The set of the highest expected utility, and its log weight.

    `best` is the number of the likeliest seen set, `top` its log weight.
    """
    if distribution.unseen_log_weight is None or (
        top >= weights.unseen and _clear(distribution, weights, best, top)
    ):
        return distribution.ordered[best], top
    independent = weights.independent_log_weight(distribution)
    highest = max(top, independent)
    if highest - weights.total < CLEAR_LOG_PROB:
        return _most_useful(distribution, weights, probabilities, highest, independent)
    if top >= independent:
        return distribution.ordered[best], top
    return weights.independent_bits, independent


def _clear(distribution: SetDistribution, weights: TurnLogWeights, best: int, top: float) -> bool:
    """Whether the likeliest set, a seen one, has the highest utility whatever the others are.

    With a probability p its utility is at least 2 p. That of any other set, with a probability of
    at most q, is at most q + p d + (1 - p), where d is the most that it can have in common with a
    set of that size.
    """
    if top - weights.total >= CLEAR_LOG_PROB:
        return True
    combined = weights.combined
    combined[best] = -np.inf
    second = max(_likeliest(combined)[1], weights.unseen)
    combined[best] = top
    size = len(distribution.ordered[best])
    common = 2 * size / (2 * size + 1)
    chance, next_ = math.exp(top - weights.total), math.exp(second - weights.total)
    return chance * (3 - common) >= 1 + next_


def _most_useful(
    distribution: SetDistribution,
    weights: TurnLogWeights,
    probabilities: list[float],
    top: float,
    independent: float,
) -> tuple[tuple[int, ...], float]:
    """What is decided where that is not clear, and the likeliest set has the log weight `top`."""
    lowest = top - RIVAL_RANGE
    (numbers,) = (weights.combined >= lowest).nonzero()
    if len(numbers) > MAX_RIVALS:
        numbers = weights.combined.argpartition(-MAX_RIVALS)[-MAX_RIVALS:]
    rivals = [distribution.ordered[number] for number in numbers.tolist()]
    logs = weights.combined.take(numbers).tolist()
    chances = [math.exp(log - weights.total) for log in logs]
    among = distribution.dice[numbers[:, None], numbers]
    shared = (among @ np.array(chances, np.float32)).tolist()
    others = _others(rivals, chances, probabilities)
    other = sum(others) / max(1 - sum(chances), EPSILON)
    if independent >= lowest and (on := weights.independent_bits) not in rivals:
        shared.append(sum(map(mul, [_dice(on, rival) for rival in rivals], chances)))
        rivals.append(on)
        logs.append(independent)
        chances.append(math.exp(independent - weights.total))
    utilities = [
        chance + alike + 2 * sum([others[bit] for bit in rival]) / max(len(rival) + other, EPSILON)
        for rival, chance, alike in zip(rivals, chances, shared, strict=True)
    ]
    best = utilities.index(max(utilities))
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
    """Dice's coefficient of two sets that differ."""
    return 2 * len(set(one).intersection(other)) / (len(one) + len(other))
