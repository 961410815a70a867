"""A `SetDistribution` at many turns at once: probabilities, decisions and log likelihoods."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.policy.decisions.set_distribution.distribution import (
    CLEAR_LOG_PROB,
    EPSILON,
    IMPOSSIBLE,
    MAX_LOGIT,
    MAX_RIVALS,
    RIVAL_RANGE,
    SetDistribution,
    dice,
)
from cueline.types import Array, Bits


class LogWeights(NamedTuple):
    """The log weights of the sets at each of `N` turns."""

    logits: Array
    """The actions' logits, far below zero where they are not allowed. *Shape:* (N, A)."""
    seen: Array
    """Each seen set's log weight as itself. *Shape:* (N, K)."""
    seen_probabilities: Array
    """The same, normalised. *Shape:* (N, K)."""
    independent: Array
    """Each action's probability where it is decided by itself. *Shape:* (N, A)."""
    unseen: Array
    """The log weight of all sets as any set, summed. *Shape:* (N,)."""
    total: Array
    """The log weight of everything together. *Shape:* (N,)."""


class Predictions(NamedTuple):
    """What the logits say of each of `N` turns."""

    probabilities: Array
    """Each action's. *Shape:* (N, A)."""
    bits: Bits
    """The set of the highest expected utility. *Shape:* (N, A)."""
    confidence: Array
    """The probability of that set. *Shape:* (N,)."""


def log_weights(distribution: SetDistribution, logits: Array, allowed: Bits) -> LogWeights:
    """What everything else is computed from. *Shapes:* (N, A), (N, A)."""
    logits = np.minimum(logits, MAX_LOGIT, order="F")  # turns side by side in memory
    if not allowed.all():
        np.copyto(logits, IMPOSSIBLE, where=~allowed)
    independent = np.exp(logits)
    either = independent + 1
    independent /= either
    unseen = np.log(either, out=either).sum(axis=1)
    unseen += np.float32(distribution.unseen_offset)
    seen = distribution.sum_by_set.of_rows(logits)
    seen += distribution.offsets
    top = np.maximum(seen.max(axis=1, initial=-np.inf), unseen)
    seen_probabilities = seen - top[:, None]
    np.exp(seen_probabilities, out=seen_probabilities)
    total = seen_probabilities.sum(axis=1) + np.exp(unseen - top)
    seen_probabilities /= total[:, None]
    return LogWeights(logits, seen, seen_probabilities, independent, unseen, top + np.log(total))


def predict(distribution: SetDistribution, weights: LogWeights) -> Predictions:
    """The probabilities of each row, and what is decided."""
    total = weights.total
    probabilities = distribution.sum_by_action.of_rows(weights.seen_probabilities)
    probabilities += weights.independent * np.exp(weights.unseen - total)[:, None]
    probabilities = np.ascontiguousarray(probabilities)
    bits, score = _decide(distribution, weights, probabilities)
    np.minimum(probabilities, 1, out=probabilities)
    confidence = np.exp(np.minimum(score - total, 0))
    possible = score > IMPOSSIBLE / 2
    if not possible.all():  # such a row's numbers compare what is not allowed with its like
        bits &= possible[:, None]
        probabilities *= possible[:, None]
        confidence *= possible
    return Predictions(probabilities, bits, confidence)


def log_likelihood(distribution: SetDistribution, weights: LogWeights, bits: Bits) -> Array:
    """Log probability of the sets `bits`. *Shapes:* (N, A) -> (N,)."""
    score = np.sum(weights.logits, axis=1, where=bits) + distribution.log_weights_of(bits)
    return np.asarray(score - weights.total)


def _decide(
    distribution: SetDistribution, weights: LogWeights, probabilities: Array
) -> tuple[Bits, Array]:
    """The set of the highest expected utility, and its log weight. *Shapes:* (N, A), (N,)."""
    if distribution.unseen_log_weight is None:
        best = weights.seen.argmax(axis=1)
        return distribution.bits[best], weights.seen[np.arange(len(best)), best]
    score = np.maximum(weights.logits, 0).sum(axis=1) + np.float32(distribution.unseen_offset)
    if not distribution.sets:
        return weights.logits > 0, score
    combined = np.add(weights.seen, distribution.combined_gain, order="C")
    best = combined.argmax(axis=1)
    top = combined[np.arange(len(best)), best]
    bits, independent = distribution.bits[best], top < score
    bits[independent] = weights.logits[independent] > 0
    top = np.maximum(top, score)
    (open_,) = (top - weights.total < CLEAR_LOG_PROB).nonzero()
    total = weights.total[open_]
    open_ = open_[~_clear(distribution, combined[open_], best[open_], score[open_], total)]
    if len(open_):
        bits[open_], top[open_] = _most_useful(
            distribution,
            weights.logits[open_],
            combined[open_],
            score[open_],
            weights.total[open_],
            probabilities[open_],
        )
    return bits, top


def _clear(
    distribution: SetDistribution,
    combined: Array,
    best: npt.NDArray[np.intp],
    score: Array,
    total: Array,
) -> Bits:
    """Where the likeliest set, a seen one, has the highest utility whatever the others are.

    With a probability p its utility is at least 2 p. That of any other set, with a probability of
    at most q, is at most q + p d + (1 - p), where d is the most that it can have in common with a
    set of that size. *Shapes:* (N, K), which is written to, and (N,) three times -> (N,).
    """
    rows = np.arange(len(combined))
    top = combined[rows, best]
    combined[rows, best] = -np.inf
    second = np.maximum(combined.max(axis=1), score)
    shared = 2 * distribution.sizes[best] / (2 * distribution.sizes[best] + 1)
    enough = np.exp(top - total) * (3 - shared) >= 1 + np.exp(second - total)
    return np.asarray((top >= score) & enough)


def _most_useful(
    distribution: SetDistribution,
    logits: Array,
    combined: Array,
    score: Array,
    total: Array,
    probabilities: Array,
) -> tuple[Bits, Array]:
    """`_decide` where no set is likely enough to be decided on without a comparison.

    `combined`, which is written to, and `score` are the log weights of the sets seen, and of the
    likeliest one that need not have been. *Shapes:* (N, A), (N, K), (N,), (N,), (N, A) ->
    (N, A), (N,).
    """
    rows, independent = np.arange(len(combined)), logits > 0
    rivals, likeliest = _likeliest(combined, min(MAX_RIVALS, len(distribution.sets)))
    scores = np.hstack([likeliest, score[:, None]])
    near = scores >= scores.max(axis=1, keepdims=True) - np.float32(RIVAL_RANGE)
    chances = np.where(near, np.exp(scores - total[:, None]), 0)
    utility = chances + _expected_dice(
        distribution, rivals, independent, chances[:, :-1], probabilities
    )
    # A far less likely set may have much in common with likely ones, and is no decision.
    best = np.where(near, utility, -np.inf).argmax(axis=1)
    seen = best < rivals.shape[1]
    independent[seen] = distribution.bits[rivals[seen, best[seen]]]
    return independent, scores[rows, best]


def _expected_dice(
    distribution: SetDistribution,
    rivals: npt.NDArray[np.intp],
    independent: Bits,
    chances: Array,
    probabilities: Array,
) -> Array:
    """What each of `R` seen sets, and one more, is expected to have in common with the right one.

    By Dice's coefficient. The sets other than the rivals are known by the probabilities of their
    actions alone. *Shapes:* (N, R), (N, A), (N, R), (N, A) -> (N, R + 1).
    """
    rows, ones = np.arange(len(rivals))[:, None], independent.astype(np.float32)
    size = ones.sum(axis=1, keepdims=True)
    sizes = distribution.sizes[rivals]
    among = distribution.dice[rivals[:, :, None], rivals[:, None]]
    beside = dice(distribution.sum_by_set.of_rows(ones)[rows, rivals], sizes, size)
    named = np.zeros((len(rivals), len(distribution.sets)), np.float32)
    named[rows, rivals] = chances
    others = np.maximum(probabilities - distribution.sum_by_action.of_rows(named), 0)
    known = np.hstack(
        [(among @ chances[:, :, None])[:, :, 0], (beside * chances).sum(axis=1, keepdims=True)]
    )
    inside = np.hstack(
        [
            distribution.sum_by_set.of_rows(others)[rows, rivals],
            (ones * others).sum(axis=1, keepdims=True),
        ]
    )
    mass = np.maximum(1 - chances.sum(axis=1, keepdims=True), EPSILON)
    other = others.sum(axis=1, keepdims=True) / mass
    return np.asarray(known + 2 * inside / np.maximum(np.hstack([sizes, size]) + other, EPSILON))


def _likeliest(combined: Array, number: int) -> tuple[npt.NDArray[np.intp], Array]:
    """The likeliest sets of each row, and their log weights; `combined` is written to.

    *Shapes:* (N, K) -> (N, number), (N, number).
    """
    rows = np.arange(len(combined))
    rivals = np.empty((len(combined), number), np.intp)
    scores = np.empty(rivals.shape, np.float32)
    for place in range(number):  # a third of the time of `argpartition`
        rivals[:, place] = best = combined.argmax(axis=1)
        scores[:, place] = combined[rows, best]
        combined[rows, best] = -np.inf
    return rivals, scores
