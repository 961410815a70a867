"""How probable each set of actions is, given the logits of the single actions.

Bits decided one by one come out in combinations that no system ever does; sets learned as a whole
leave no room for a new one. So the probability of a set S is that of two ways to come by it:

    P(S)  ~  exp(sum of z over S) * (weight of S, if S was seen in training  +  weight of any set)

With the weights below, a network that knows nothing gives a set seen in training its share there,
and to sets never seen, all together, what Good (1953) expects of them: the share of turns whose set
occurs once. Among those the bits are independent, so the sum over all 2^A sets has a closed form,
and so have the probabilities of single actions.

What is decided is the set of the most expected use: half for being right as a whole, half for what
it has in common with the right one (Dice's coefficient). Where several sets are about as likely,
that is the one least far from all of them (minimum Bayes risk decoding).

One action a turn is the case where the sets are the A actions and no other is possible: then this
is a softmax. No set seen at all gives independent sigmoid bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.policy.sparse_sums import SparseSums
from cueline.types import Array, Bits

MOST = 1000
"""Sets kept, the most frequent first; a rarer one is one of all the others."""
RIVALS = 8
"""Likeliest seen sets that are weighed against each other one by one."""
FAR = float(np.log(100))
"""A set that is less likely than the likeliest one by this, in logs, is no rival."""
CLEAR = np.log(np.float32(2 / 3))
"""The log probability from which a set is of the most use without looking further.

With a probability p it is of use 2 p at the least, and any other one of 2 (1 - p) + p at the most
(by the exact use, which `_most_useful` estimates where a set was never seen).
"""
LEAST = 1e-6
"""What is divided by is no less."""
IMPOSSIBLE = -1e9
"""The logit of an action that is not allowed."""
HIGHEST = np.float32(60)
"""A logit as good as any above it, of which the odds are still a number."""


class LogWeights(NamedTuple):
    """The log weights of the sets at each of `N` turns."""

    logits: Array
    """Those of the actions, far below zero where they are not allowed. *Shape:* (N, A)."""
    seen: Array
    """Of each set seen in training. *Shape:* (N, K)."""
    share: Array
    """How much of everything each of those sets is. *Shape:* (N, K)."""
    alone: Array
    """The probability of each action where it is decided by itself. *Shape:* (N, A)."""
    rest: Array
    """Of any set by independent bits, all together. *Shape:* (N,)."""
    total: Array
    """Of all of that together. *Shape:* (N,)."""


class Predictions(NamedTuple):
    """What the logits say of each of `N` turns."""

    probabilities: Array
    """Of each action. *Shape:* (N, A)."""
    bits: Bits
    """The set of the most expected use. *Shape:* (N, A)."""
    confidence: Array
    """The probability of that set. *Shape:* (N,)."""


class ActionSets(Struct, frozen=True, dict=True):
    """The sets seen in training, and the weights by which they are likelier than others."""

    actions: int
    """Length of the action space, `A`."""
    sets: list[list[int]]
    """Bit numbers of the `K` sets seen."""
    weights: list[float]
    """Their log weights."""
    rest: float | None
    """Log weight of any set, seen or not; None where no other than those seen is possible."""

    @classmethod
    def single(cls, actions: int) -> ActionSets:
        """Exactly one action a turn: a softmax."""
        return cls(actions, [[bit] for bit in range(actions)], [0.0] * actions, None)

    @classmethod
    def independent(cls, actions: int) -> ActionSets:
        """Any set, each bit by itself: sigmoids."""
        return cls(actions, [], [], 0.0)

    @classmethod
    def of(cls, counts: Mapping[tuple[int, ...], int], prior: Array) -> ActionSets:
        """The sets that occur as often as `counts` says, where `prior` logits say nothing new.

        `prior` *shape:* (A,).
        """
        total = sum(counts.values())
        once = sum(count == 1 for count in counts.values())
        unseen = min(max(once, 1) / total, 0.5)
        kept = sorted(counts, key=lambda bits: (-counts[bits], bits))[:MOST]
        weights = [
            np.log((1 - unseen) * counts[bits] / total) - prior[list(bits)].sum() for bits in kept
        ]
        rest = np.log(unseen) - np.logaddexp(0, prior.astype(np.float64)).sum()
        return cls(
            len(prior),
            [list(bits) for bits in kept],
            [round(float(weight), 4) for weight in weights],
            round(float(rest), 4),
        )

    @cached_property
    def bits(self) -> Bits:
        """The sets as bits. *Shape:* (K, A)."""
        bits = np.zeros((len(self.sets), self.actions), bool)
        for row, on in enumerate(self.sets):
            bits[row, on] = True
        return bits

    @cached_property
    def of_sets(self) -> SparseSums:
        """The actions of each set."""
        return SparseSums(self.sets)

    @cached_property
    def of_actions(self) -> SparseSums:
        """The sets of each action."""
        rows: list[list[int]] = [[] for _ in range(self.actions)]
        for number, on in enumerate(self.sets):
            for bit in on:
                rows[bit].append(number)
        return SparseSums(rows)

    @cached_property
    def offsets(self) -> Array:
        """The log weights. *Shape:* (K,)."""
        return np.array(self.weights, np.float32)

    @cached_property
    def sizes(self) -> Array:
        """How many actions each set has. *Shape:* (K,)."""
        return np.array([len(on) for on in self.sets], np.float32)

    @cached_property
    def alike(self) -> Array:
        """What each two sets have in common, by Dice's coefficient. *Shape:* (K, K)."""
        bits = self.bits.astype(np.float32)
        return _dice(bits @ bits.T, self.sizes[:, None], self.sizes)

    def log_weights(self, logits: Array, allowed: Bits) -> LogWeights:
        """What everything else is computed from. *Shapes:* (N, A), (N, A)."""
        logits = np.minimum(logits, HIGHEST, order="F")  # turns side by side in memory
        if not allowed.all():
            np.copyto(logits, IMPOSSIBLE, where=~allowed)
        alone = np.exp(logits)
        either = alone + 1
        alone /= either
        rest = np.log(either, out=either).sum(axis=1)
        rest += np.float32(-np.inf if self.rest is None else self.rest)
        seen = self.of_sets.of_rows(logits)
        seen += self.offsets
        top = np.maximum(seen.max(axis=1, initial=-np.inf), rest)
        share = seen - top[:, None]
        np.exp(share, out=share)
        total = share.sum(axis=1) + np.exp(rest - top)
        share /= total[:, None]
        return LogWeights(logits, seen, share, alone, rest, top + np.log(total))

    def predict(self, log_weights: LogWeights) -> Predictions:
        """The probabilities of each row, and what is decided."""
        total = log_weights.total
        probabilities = self.of_actions.of_rows(log_weights.share)
        probabilities += log_weights.alone * np.exp(log_weights.rest - total)[:, None]
        probabilities = np.ascontiguousarray(probabilities)
        bits, score = self._decided(log_weights, probabilities)
        np.minimum(probabilities, 1, out=probabilities)
        confidence = np.exp(np.minimum(score - total, 0))
        possible = score > IMPOSSIBLE / 2
        if not possible.all():  # such a row's numbers compare what is not allowed with its like
            bits &= possible[:, None]
            probabilities *= possible[:, None]
            confidence *= possible
        return Predictions(probabilities, bits, confidence)

    def log_likelihood(self, log_weights: LogWeights, bits: Bits) -> Array:
        """Log probability of the sets `bits`. *Shapes:* (N, A) -> (N,)."""
        score = np.sum(log_weights.logits, axis=1, where=bits) + self._weight(bits)
        return np.asarray(score - log_weights.total)

    def tempered(self, temperature: float) -> ActionSets:
        """The same with log weights divided by `temperature`, as the logits are to be."""
        rest = None if self.rest is None else self.rest / temperature
        weights = [weight / temperature for weight in self.weights]
        return ActionSets(self.actions, self.sets, weights, rest)

    @cached_property
    def known(self) -> frozenset[tuple[int, ...]]:
        """The sets seen, their bit numbers ascending."""
        return frozenset(self.ordered)

    @cached_property
    def ordered(self) -> list[tuple[int, ...]]:
        """The sets, their bit numbers ascending."""
        return [tuple(sorted(on)) for on in self.sets]

    @cached_property
    def overlap(self) -> Array:
        """What a seen set gains by being one of any sets as well. *Shape:* (K,)."""
        return self.whole - self.offsets

    @cached_property
    def whole(self) -> Array:
        """The log weight of each seen set, and as one of any sets. *Shape:* (K,)."""
        return self._weights[:-1]

    @cached_property
    def _weights(self) -> Array:
        """The log weight of each seen set, and that of any other. *Shape:* (K + 1,)."""
        rest = np.float32(-np.inf if self.rest is None else self.rest)
        return np.append(np.logaddexp(self.offsets, rest), rest)

    @cached_property
    def _number(self) -> dict[bytes, int]:
        return {np.packbits(row).tobytes(): number for number, row in enumerate(self.bits)}

    def _decided(self, log_weights: LogWeights, probabilities: Array) -> tuple[Bits, Array]:
        """The set of the most expected use, and its log weight. *Shapes:* (N, A), (N,)."""
        if self.rest is None:
            best = log_weights.seen.argmax(axis=1)
            return self.bits[best], log_weights.seen[np.arange(len(best)), best]
        score = np.maximum(log_weights.logits, 0).sum(axis=1) + np.float32(self.rest)
        if not self.sets:
            return log_weights.logits > 0, score
        whole = np.add(log_weights.seen, self.overlap, order="C")
        best = whole.argmax(axis=1)
        top = whole[np.arange(len(best)), best]
        bits, free = self.bits[best], top < score
        bits[free] = log_weights.logits[free] > 0
        top = np.maximum(top, score)
        (open_,) = (top - log_weights.total < CLEAR).nonzero()
        clear = self._clear(whole[open_], best[open_], score[open_], log_weights.total[open_])
        open_ = open_[~clear]
        if len(open_):
            bits[open_], top[open_] = self._most_useful(
                log_weights.logits[open_],
                whole[open_],
                score[open_],
                log_weights.total[open_],
                probabilities[open_],
            )
        return bits, top

    def _clear(self, whole: Array, best: npt.NDArray[np.intp], score: Array, total: Array) -> Bits:
        """Where the likeliest set, a seen one, is of the most use, by more than `CLEAR` looks at.

        With a probability p it is of use 2 p at the least. Any other one, with q at the most, is of
        use q + p d + (1 - p) at the most, where d is what it can have in common with a set of that
        size. *Shapes:* (N, K), which is written to, and (N,) three times -> (N,).
        """
        rows = np.arange(len(whole))
        top = whole[rows, best]
        whole[rows, best] = -np.inf
        second = np.maximum(whole.max(axis=1), score)
        shared = 2 * self.sizes[best] / (2 * self.sizes[best] + 1)
        enough = np.exp(top - total) * (3 - shared) >= 1 + np.exp(second - total)
        return np.asarray((top >= score) & enough)

    def _most_useful(
        self, logits: Array, whole: Array, score: Array, total: Array, probabilities: Array
    ) -> tuple[Bits, Array]:
        """`_decided` where no set is likely enough to be that without looking further.

        `whole`, which is written to, and `score` are the log weights of the sets seen, and of the
        likeliest one that need not have been. *Shapes:* (N, A), (N, K), (N,), (N,), (N, A) ->
        (N, A), (N,).
        """
        rows, free = np.arange(len(whole)), logits > 0
        rivals, likeliest = _likeliest(whole, min(RIVALS, len(self.sets)))
        scores = np.hstack([likeliest, score[:, None]])
        near = scores >= scores.max(axis=1, keepdims=True) - np.float32(FAR)
        chances = np.where(near, np.exp(scores - total[:, None]), 0)
        use = chances + self._in_common(rivals, free, chances[:, :-1], probabilities)
        # What is far less likely may have much in common with what is not, and is no decision.
        best = np.where(near, use, -np.inf).argmax(axis=1)
        seen = best < rivals.shape[1]
        free[seen] = self.bits[rivals[seen, best[seen]]]
        return free, scores[rows, best]

    def _in_common(
        self, rivals: npt.NDArray[np.intp], free: Bits, chances: Array, probabilities: Array
    ) -> Array:
        """What each of `R` seen sets, and one more, is expected to share with the right one.

        By Dice's coefficient. What else than the rivals may be right is known by the probabilities
        of its actions alone. *Shapes:* (N, R), (N, A), (N, R), (N, A) -> (N, R + 1).
        """
        rows, ones = np.arange(len(rivals))[:, None], free.astype(np.float32)
        size = ones.sum(axis=1, keepdims=True)
        sizes = self.sizes[rivals]
        among = self.alike[rivals[:, :, None], rivals[:, None]]
        beside = _dice(self.of_sets.of_rows(ones)[rows, rivals], sizes, size)
        named = np.zeros((len(rivals), len(self.sets)), np.float32)
        named[rows, rivals] = chances
        others = np.maximum(probabilities - self.of_actions.of_rows(named), 0)
        known = np.hstack(
            [(among @ chances[:, :, None])[:, :, 0], (beside * chances).sum(axis=1, keepdims=True)]
        )
        inside = np.hstack(
            [self.of_sets.of_rows(others)[rows, rivals], (ones * others).sum(axis=1, keepdims=True)]
        )
        mass = np.maximum(1 - chances.sum(axis=1, keepdims=True), LEAST)
        other = others.sum(axis=1, keepdims=True) / mass
        return np.asarray(known + 2 * inside / np.maximum(np.hstack([sizes, size]) + other, LEAST))

    def _weight(self, bits: Bits) -> Array:
        """Log weight of each set. *Shapes:* (N, A) -> (N,)."""
        packed = np.packbits(bits, axis=1)
        return self._weights[[self._number.get(row.tobytes(), -1) for row in packed]]


def _likeliest(whole: Array, most: int) -> tuple[npt.NDArray[np.intp], Array]:
    """The `most` likeliest sets of each row, and their log weights; `whole` is written to.

    *Shapes:* (N, K) -> (N, most), (N, most).
    """
    rows = np.arange(len(whole))
    rivals = np.empty((len(whole), most), np.intp)
    scores = np.empty(rivals.shape, np.float32)
    for place in range(most):  # a third of the time of `argpartition`
        rivals[:, place] = best = whole.argmax(axis=1)
        scores[:, place] = whole[rows, best]
        whole[rows, best] = -np.inf
    return rivals, scores


def _dice(common: Array, size: Array, other: Array) -> Array:
    """Dice's coefficient of sets of those sizes; 1 of the empty set with itself."""
    both = size + other
    return np.where(both > 0, 2 * common / np.maximum(both, 1), np.float32(1))
