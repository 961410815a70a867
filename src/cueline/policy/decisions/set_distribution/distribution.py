"""How probable each set of actions is, given the logits of the single actions.

Bits decided one by one come out in combinations that no system ever does; sets learned as a whole
leave no room for a new one. So the probability of a set S is that of two ways to come by it:

    P(S)  ~  exp(sum of z over S) * (weight of S, if S was seen in training  +  weight of any set)

With the weights below, a network that knows nothing gives a set seen in training its share there,
and to sets never seen, all together, what Good (1953) expects of them: the share of turns whose set
occurs once. Among those the bits are independent, so the sum over all 2^A sets has a closed form,
and so have the probabilities of single actions.

What is decided is the set of the highest expected utility: half for being right as a whole, half
for what it has in common with the right one (Dice's coefficient). Where several sets are about as
likely, that is the one least far from all of them (minimum Bayes risk decoding).

One action a turn is the case where the sets are the A actions and no other is possible: then this
is a softmax. No set seen at all gives independent sigmoid bits.

This module holds the parameters; `batched` computes with them for many turns at once, `single` for
one turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from msgspec import Struct

from cueline.policy.sparse_sums import SparseSums
from cueline.types import Array, Bits

MAX_SETS = 1000
"""The most frequent sets have a weight of their own, up to this number."""
MAX_RIVALS = 8
"""The likeliest seen sets are compared with each other one by one, up to this number."""
RIVAL_RANGE = float(np.log(100))
"""A set whose log weight is lower than the highest one by more than this is no rival."""
CLEAR_LOG_PROB = np.log(np.float32(2 / 3))
"""The log probability from which a set has the highest utility, whatever the others are.

With a probability p its utility is at least 2 p, and that of any other set at most 2 (1 - p) + p
(by the exact utility, which `batched` estimates where a set was never seen).
"""
EPSILON = 1e-6
"""Keeps divisors away from zero."""
IMPOSSIBLE = -1e9
"""The logit of an action that is not allowed."""
MAX_LOGIT = np.float32(60)
"""Higher logits are cut here, so that their odds stay finite."""


class SetDistribution(
    Struct,
    frozen=True,
    dict=True,
    rename={"n_actions": "actions", "seen_log_weights": "weights", "unseen_log_weight": "rest"},
):
    """The sets seen in training, and the weights by which they are likelier than others."""

    n_actions: int
    """Length of the action space, `A`."""
    sets: list[list[int]]
    """Bit numbers of the `K` sets seen."""
    seen_log_weights: list[float]
    """One for each of `sets`."""
    unseen_log_weight: float | None
    """For any set, seen or not; None where no other than those seen is possible."""

    @classmethod
    def single_action(cls, n_actions: int) -> SetDistribution:
        """Exactly one action a turn: a softmax."""
        return cls(n_actions, [[bit] for bit in range(n_actions)], [0.0] * n_actions, None)

    @classmethod
    def independent(cls, n_actions: int) -> SetDistribution:
        """Any set, each bit by itself: sigmoids."""
        return cls(n_actions, [], [], 0.0)

    @classmethod
    def of(cls, counts: Mapping[tuple[int, ...], int], prior: Array) -> SetDistribution:
        """Fit to how often each set occurs, so that `prior` logits give back those shares.

        `prior` *shape:* (A,).
        """
        total = sum(counts.values())
        once = sum(count == 1 for count in counts.values())
        unseen = min(max(once, 1) / total, 0.5)
        kept = sorted(counts, key=lambda bits: (-counts[bits], bits))[:MAX_SETS]
        weights = [
            np.log((1 - unseen) * counts[bits] / total) - prior[list(bits)].sum() for bits in kept
        ]
        unseen_weight = np.log(unseen) - np.logaddexp(0, prior.astype(np.float64)).sum()
        return cls(
            len(prior),
            [list(bits) for bits in kept],
            [round(float(weight), 4) for weight in weights],
            round(float(unseen_weight), 4),
        )

    def tempered(self, temperature: float) -> SetDistribution:
        """The same with log weights divided by `temperature`, as the logits are to be."""
        unseen = None if self.unseen_log_weight is None else self.unseen_log_weight / temperature
        seen = [weight / temperature for weight in self.seen_log_weights]
        return SetDistribution(self.n_actions, self.sets, seen, unseen)

    def log_weights_of(self, bits: Bits) -> Array:
        """The log weight of each set, its logits left out. *Shapes:* (N, A) -> (N,)."""
        packed = np.packbits(bits, axis=1)
        return self._combined_and_unseen[[self._number.get(row.tobytes(), -1) for row in packed]]

    @cached_property
    def bits(self) -> Bits:
        """The sets as bits. *Shape:* (K, A)."""
        bits = np.zeros((len(self.sets), self.n_actions), bool)
        for row, on in enumerate(self.sets):
            bits[row, on] = True
        return bits

    @cached_property
    def ordered(self) -> list[tuple[int, ...]]:
        """The sets, their bit numbers ascending."""
        return [tuple(sorted(on)) for on in self.sets]

    @cached_property
    def known(self) -> frozenset[tuple[int, ...]]:
        """The same to look up."""
        return frozenset(self.ordered)

    @cached_property
    def sum_by_set(self) -> SparseSums:
        """Sums numbers of actions over each set."""
        return SparseSums(self.sets)

    @cached_property
    def sum_by_action(self) -> SparseSums:
        """Sums numbers of sets over those that each action is in."""
        rows: list[list[int]] = [[] for _ in range(self.n_actions)]
        for number, on in enumerate(self.sets):
            for bit in on:
                rows[bit].append(number)
        return SparseSums(rows)

    @cached_property
    def sizes(self) -> Array:
        """How many actions each set has. *Shape:* (K,)."""
        return np.array([len(on) for on in self.sets], np.float32)

    @cached_property
    def dice(self) -> Array:
        """What each two sets have in common, by Dice's coefficient. *Shape:* (K, K)."""
        bits = self.bits.astype(np.float32)
        return dice(bits @ bits.T, self.sizes[:, None], self.sizes)

    @cached_property
    def offsets(self) -> Array:
        """`seen_log_weights` as an array. *Shape:* (K,)."""
        return np.array(self.seen_log_weights, np.float32)

    @cached_property
    def unseen_offset(self) -> float:
        """`unseen_log_weight` as a number: minus infinity where no other set is possible."""
        return -np.inf if self.unseen_log_weight is None else self.unseen_log_weight

    @cached_property
    def combined(self) -> Array:
        """The log weight of each seen set by both ways, as itself and as any set. *Shape:* (K,)."""
        return self._combined_and_unseen[:-1]

    @cached_property
    def combined_gain(self) -> Array:
        """What the second way adds to `offsets`. *Shape:* (K,)."""
        return self.combined - self.offsets

    @cached_property
    def _combined_and_unseen(self) -> Array:
        """`combined`, and the log weight of any other set. *Shape:* (K + 1,)."""
        unseen = np.float32(self.unseen_offset)
        return np.append(np.logaddexp(self.offsets, unseen), unseen)

    @cached_property
    def _number(self) -> dict[bytes, int]:
        return {np.packbits(row).tobytes(): number for number, row in enumerate(self.bits)}


def dice(common: Array, size: Array, other: Array) -> Array:
    """Dice's coefficient of sets with those sizes; 1 for the empty set with itself."""
    both = size + other
    return np.where(both > 0, 2 * common / np.maximum(both, 1), np.float32(1))
