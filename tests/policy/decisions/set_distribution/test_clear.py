"""Where the likeliest set is decided on without comparing, no other could have been worth more.

Its bound, from its derivation: with a probability p it is worth 2 p at least; any other set, with a
probability of at most q, is worth q + p d + (1 - p) at most, where d is the most that two sets
which differ can have in common when one has that size.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from cueline.policy.decisions.set_distribution import batched, single
from cueline.policy.decisions.set_distribution.distribution import (
    CLEAR_LOG_PROB,
    IMPOSSIBLE,
    SetDistribution,
    dice,
)
from cueline.policy.decisions.set_distribution.single import TurnLogWeights

A = 7
TIE = 1e-4
"""Nearer than this to the bound, floats decide."""


def most_in_common(size: int) -> float:
    """The highest coefficient of Dice of a set of `size` and another one."""
    shared = [
        2 * common / (size + other)
        for other in range(A + 1)
        for common in range(min(size, other) + 1)
        if not size == other == common and size + other
    ]
    return max(shared, default=0.0)


@pytest.mark.parametrize("total", [-20.0, 20.0])
@pytest.mark.parametrize("size", range(A))
def test_the_bound_is_the_one_that_is_derived(size: int, total: float) -> None:
    """At many probabilities of the likeliest set and of the next one, seen (`second`) or not."""
    sets = [list(range(size)), [A - 1] if size != 1 else [0, A - 1]]
    distribution = SetDistribution(A, sets, [0.0, 0.0], -1.0)
    for p, share, seen in product(np.linspace(0.2, 0.66, 47), np.linspace(1e-6, 0.99, 9), (0, 1)):
        q = share * min(p, 1 - p)
        second, unseen = (q, q / 3) if seen else (q / 3, q)
        margin = 2 * p - (q + p * most_in_common(size) + 1 - p)
        if abs(margin) < TIE:
            continue
        top, other, score = (math.log(chance) + total for chance in (p, second, unseen))
        combined = np.array([top, other], np.float32)
        weights = TurnLogWeights(np.zeros(A, np.float32), combined.copy(), score, total)
        assert single._clear(distribution, weights, 0, float(combined[0])) == (margin > 0)
        assert weights.combined.tolist() == combined.tolist()
        rows = batched._clear(
            distribution,
            combined[None].copy(),
            np.array([0]),
            np.array([score], np.float32),
            np.array([total], np.float32),
        )
        assert rows.tolist() == [margin > 0]


def test_two_thirds_are_enough_whatever_the_set_has_in_common() -> None:
    distribution = SetDistribution(A, [[0, 1], [2]], [0.0, 0.0], -1.0)
    for total in (-9.0, 9.0):
        top = total + float(CLEAR_LOG_PROB) + 1e-3
        combined = np.array([top, total - 2], np.float32)
        weights = TurnLogWeights(np.zeros(A, np.float32), combined, total - 2, total)
        assert single._clear(distribution, weights, 0, top)


def test_a_set_that_was_never_seen_and_is_likelier_is_compared() -> None:
    distribution = SetDistribution(A, [[0]], [0.0], -1.0)
    rows = batched._clear(
        distribution,
        np.log(np.float32([[0.6], [0.6]])),
        np.array([0, 0]),
        np.log(np.float32([0.61, 0.01])),
        np.zeros(2, np.float32),
    )
    assert rows.tolist() == [False, True]


def test_dice_of_small_sets() -> None:
    common, one, other = (
        np.float32([[0, 0], [1, 1], [0, 2]]),
        np.float32([[0, 0], [1, 1], [0, 2]]),
        np.float32([[0, 1], [1, 2], [1, 3]]),
    )
    expected = [[1, 0], [1, 2 / 3], [0, 0.8]]
    np.testing.assert_allclose(dice(common, one, other), expected, rtol=1e-6)


def test_the_most_frequent_sets_are_kept_in_that_order() -> None:
    counts = {(0,): 1, (1,): 5, (2,): 5, (): 2, (1, 2): 1}
    kept = SetDistribution.of(counts, np.zeros(3, np.float32))
    assert kept.sets == [[1], [2], [], [0], [1, 2]]
    assert all(round(weight, 4) == weight for weight in kept.seen_log_weights)
    assert round(kept.unseen_log_weight or 0, 4) == kept.unseen_log_weight
    share = math.exp(kept.unseen_log_weight or 0) * 2**3
    assert abs(share - 2 / 14) < 1e-3  # two sets of fourteen turns occur once


def test_the_plain_distributions_have_no_weight_for_any_set() -> None:
    assert SetDistribution.single_action(3).seen_log_weights == [0.0, 0.0, 0.0]
    assert SetDistribution.independent(3).unseen_log_weight == 0.0


def test_a_turn_at_which_no_seen_set_is_allowed_has_any_set() -> None:
    distribution = SetDistribution(2, [[0]], [3.0], 0.0)
    logits = np.float32([2.0, 1.0])
    one = single.predict(distribution, logits.copy(), [0])
    weights = batched.log_weights(distribution, logits[None], np.array([[False, True]]))
    row = batched.predict(distribution, weights)
    assert one.bits == (1,)
    assert row.bits.tolist() == [[False, True]]
    assert one.probabilities[0] == row.probabilities[0, 0] == 0
    assert one.weights.logits.tolist() == [IMPOSSIBLE, 1.0]


def test_a_turn_without_anything_possible_has_no_chance_and_others_keep_theirs() -> None:
    distribution = SetDistribution.single_action(2)
    logits = np.float32([[1.0, 0.0], [1.0, 0.0]])
    allowed = np.array([[False, False], [True, True]])
    found = batched.predict(distribution, batched.log_weights(distribution, logits, allowed))
    assert found.bits.tolist() == [[False, False], [True, False]]
    assert found.probabilities[0].tolist() == [0, 0]
    assert found.confidence[0] == 0
    assert 0.5 < found.confidence[1] < 0.8
    one = single.predict(distribution, logits[0].copy(), [0, 1])
    assert (one.bits, one.chance, one.probabilities) == ((), 0.0, [0.0, 0.0])


def test_chances_never_exceed_one() -> None:
    """Rounding puts above it what is nearly certain: an action of all sets, or the only set."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        each = SetDistribution(3, [[0], [0, 1], [0, 2]], rng.normal(0, 1, 3).tolist(), -30.0)
        alone = SetDistribution(3, [[0, 1]], [rng.normal()], rng.normal(-1, 1))
        certain = rng.uniform(25, 30, 3) * [1, 1, -1]
        beyond = np.array([80.0, -80.0, -80.0])
        for distribution, drawn in ((each, rng.normal(0, 1, 3)), (alone, certain), (each, beyond)):
            logits = drawn.astype(np.float32)
            weights = batched.log_weights(distribution, logits[None], np.ones((1, 3), bool))
            rows = batched.predict(distribution, weights)
            one = single.predict(distribution, logits.copy(), ())
            assert rows.probabilities.max() <= 1
            assert rows.confidence.max() <= 1
            assert max(one.probabilities) <= 1
            assert one.chance <= 1
            assert one.weights.logits.max() <= 60
