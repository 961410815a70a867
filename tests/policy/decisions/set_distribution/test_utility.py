"""Where no set is clearly the likeliest, the one that is worth most is decided on.

The oracle is the definition in loops: a set is worth its own probability, and what it has in common
with each rival, by Dice's coefficient, as often as that is right; of the other sets only how likely
their actions are is known.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.decisions.set_distribution import batched, single
from cueline.policy.decisions.set_distribution.distribution import (
    EPSILON,
    MAX_RIVALS,
    RIVAL_RANGE,
    SetDistribution,
)

A = 6
Bits = tuple[int, ...]
sets = st.sets(st.integers(0, A - 1)).map(lambda bits: tuple(sorted(bits)))
near = st.floats(-1.5, 1.5, width=32)


@st.composite
def close(draw: st.DrawFn) -> tuple[SetDistribution, np.ndarray]:
    """Some sets about as likely as each other, and any set about as likely as one of them."""
    chosen = draw(st.lists(sets, min_size=1, max_size=2 * MAX_RIVALS, unique=True))
    weights = [draw(near) for _ in chosen]
    unseen = draw(st.floats(-6, 2, width=32))
    logits = np.array([draw(near) for _ in range(A)], np.float32)
    return SetDistribution(A, [list(bits) for bits in chosen], weights, unseen), logits


def utilities(
    distribution: SetDistribution, logits: np.ndarray, probabilities: np.ndarray
) -> dict[Bits, float]:
    """What each rival is worth, in loops; `probabilities` are those of the actions."""
    unseen = float(distribution.unseen_log_weight or 0.0)
    log = {
        bits: np.logaddexp(own, unseen) + float(logits[list(bits)].sum())
        for bits, own in zip(distribution.ordered, distribution.seen_log_weights, strict=True)
    }
    everything = unseen + np.log1p(np.exp(logits.astype(float))).sum()
    for bits, own in zip(distribution.ordered, distribution.seen_log_weights, strict=True):
        everything = np.logaddexp(everything, own + float(logits[list(bits)].sum()))
    likely = tuple(np.flatnonzero(logits > 0).tolist())
    likely_log = unseen + float(np.maximum(logits, 0).sum())
    lowest = max(*log.values(), likely_log) - RIVAL_RANGE
    rivals = sorted(log, key=lambda bits: -log[bits])[:MAX_RIVALS]
    chance = {bits: math.exp(log[bits] - everything) for bits in rivals if log[bits] >= lowest}
    named = [sum(p for bits, p in chance.items() if bit in bits) for bit in range(len(logits))]
    others = np.maximum(probabilities - named, 0)
    size = others.sum() / max(1 - sum(chance.values()), EPSILON)
    candidates = {**chance}
    if likely_log >= lowest:
        candidates.setdefault(likely, math.exp(likely_log - everything))
    return {
        bits: own
        + sum(p * dice(bits, rival) for rival, p in chance.items())
        + 2 * others[list(bits)].sum() / max(len(bits) + size, EPSILON)
        for bits, own in candidates.items()
    }


def dice(one: Bits, other: Bits) -> float:
    both = len(one) + len(other)
    return 2 * len({*one} & {*other}) / both if both else 1.0


def assert_worth_most(distribution: SetDistribution, logits: np.ndarray) -> None:
    """What is decided on in both ways is worth no less than any rival. `logits` *shape:* (A,)."""
    allowed = np.ones((1, len(logits)), bool)
    row = batched.predict(distribution, batched.log_weights(distribution, logits[None], allowed))
    one = single.predict(distribution, logits.copy(), ())
    worth = utilities(distribution, logits, row.probabilities[0])
    best = max(worth.values())
    for decided in (one.bits, tuple(np.flatnonzero(row.bits[0]).tolist())):
        assert worth[decided] == pytest.approx(best, abs=2e-4)


@given(close())
def test_the_set_decided_on_is_worth_most(drawn: tuple[SetDistribution, np.ndarray]) -> None:
    assert_worth_most(*drawn)


@pytest.mark.parametrize("spread", [0.5, 2.0])
@pytest.mark.parametrize("most_sets", [3, MAX_RIVALS, 3 * MAX_RIVALS])
def test_the_set_decided_on_is_worth_most_at_turns_of_all_kinds(
    most_sets: int, spread: float
) -> None:
    """Few sets and more than are compared, about as likely and far from it, and any set beside."""
    rng = np.random.default_rng(most_sets)
    for _ in range(200):
        bits = np.unique(rng.random((rng.integers(1, most_sets + 1), A)) < rng.random(), axis=0)
        distribution = SetDistribution(
            A,
            [np.flatnonzero(row).tolist() for row in bits],
            rng.normal(0, spread, len(bits)).tolist(),
            float(rng.normal(-3, 2)),
        )
        assert_worth_most(distribution, rng.normal(0, spread, A).astype(np.float32))


def test_of_hundreds_of_sets_the_likeliest_are_compared() -> None:
    """So many that a partial sort does not sort them all."""
    rng, width = np.random.default_rng(0), 9
    for _ in range(20):
        chosen = rng.choice(2**width, 400, replace=False)
        sets = [np.flatnonzero(number >> np.arange(width) & 1).tolist() for number in chosen]
        weights = rng.normal(0, 1, len(sets)).tolist()
        logits = rng.normal(0, 0.5, width).astype(np.float32)
        assert_worth_most(SetDistribution(width, sets, weights, -9.0), logits)


@given(close())
def test_its_chance_is_that_of_the_set(drawn: tuple[SetDistribution, np.ndarray]) -> None:
    distribution, logits = drawn
    weights = batched.log_weights(distribution, logits[None], np.ones((1, A), bool))
    one = single.predict(distribution, logits.copy(), ())
    bits = np.isin(np.arange(A), one.bits)[None]
    chance = float(np.exp(batched.log_likelihood(distribution, weights, bits))[0])
    assert one.chance == pytest.approx(chance, abs=1e-5)


@given(close(), st.lists(st.lists(near, min_size=A, max_size=A), min_size=2, max_size=5))
def test_each_of_many_turns_is_decided_as_if_alone(
    drawn: tuple[SetDistribution, np.ndarray], others: list[list[float]]
) -> None:
    distribution, first = drawn
    logits = np.array([first, *others], np.float32)
    allowed = np.ones(logits.shape, bool)
    allowed[1, 0] = False
    many = batched.predict(distribution, batched.log_weights(distribution, logits, allowed))
    for number, (row, mask) in enumerate(zip(logits, allowed, strict=True)):
        weights = batched.log_weights(distribution, row[None], mask[None])
        alone = batched.predict(distribution, weights)
        np.testing.assert_allclose(many.probabilities[number], alone.probabilities[0], atol=1e-6)
        logs = [
            batched.log_likelihood(distribution, weights, bits)
            for bits in (many.bits[number : number + 1], alone.bits)
        ]
        assert (many.bits[number] == alone.bits[0]).all() or abs(float(logs[0] - logs[1])) < 1e-3
        assert many.confidence[number] == pytest.approx(float(np.exp(logs[0][0])), abs=1e-5)


@given(close(), st.floats(0.25, 4))
def test_a_temperature_divides_what_tells_any_two_sets_apart(
    drawn: tuple[SetDistribution, np.ndarray], temperature: float
) -> None:
    distribution, _ = drawn
    tempered = distribution.tempered(temperature)
    assert tempered.sets == distribution.sets
    before = [*distribution.seen_log_weights, distribution.unseen_log_weight]
    after = [*tempered.seen_log_weights, tempered.unseen_log_weight]
    np.testing.assert_allclose(np.array(after, float) * temperature, before, rtol=1e-5, atol=1e-9)
