"""The closed form equals summing over all 2^A sets."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cueline.policy.decisions.set_distribution import batched
from cueline.policy.decisions.set_distribution.distribution import SetDistribution

A = 4
logits = arrays(np.float32, A, elements=st.floats(-8, 8, width=32))
masks = arrays(np.bool_, A)
counts = st.dictionaries(
    st.sets(st.integers(0, A - 1)).map(lambda bits: tuple(sorted(bits))),
    st.integers(1, 50),
    min_size=1,
    max_size=6,
)
ALL = np.array(list(product([False, True], repeat=A)))
"""Every set. *Shape:* (2^A, A)."""


def every_probability(sets: SetDistribution, z: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Of each row of `ALL`, the slow and plain way."""
    weight = np.zeros(len(ALL))
    for row, bits in enumerate(ALL):
        if (bits & ~allowed).any():
            continue
        if sets.unseen_log_weight is not None:
            weight[row] += np.exp(sets.unseen_log_weight)
        for seen, log in zip(sets.sets, sets.seen_log_weights, strict=True):
            if seen == np.flatnonzero(bits).tolist():
                weight[row] += np.exp(log)
        weight[row] *= np.exp(z[bits].sum(dtype=np.float64))
    return weight / max(weight.sum(), 1e-300)


def every_use(expected: np.ndarray) -> np.ndarray:
    """What deciding on each row of `ALL` is worth, the slow and plain way."""
    sizes = ALL.sum(axis=1)
    common = 2.0 * (ALL.astype(int) @ ALL.T.astype(int))
    both = sizes[:, None] + sizes
    return expected + np.where(both > 0, common / np.maximum(both, 1), 1.0) @ expected


@given(counts, logits, logits, masks)
def test_what_is_decided_is_worth_no_less_than_the_likeliest_set(
    seen: dict[tuple[int, ...], int], prior: np.ndarray, z: np.ndarray, allowed: np.ndarray
) -> None:
    sets = SetDistribution.of(seen, prior)
    predictions = batched.predict(sets, batched.log_weights(sets, z[None], allowed[None]))
    expected = every_probability(sets, z, allowed)
    use = every_use(expected)
    decided = int((predictions.bits[0] == ALL).all(axis=1).argmax())
    # What is unseen is weighed by the probabilities of its actions alone, hence not quite exactly.
    assert use[decided] >= use[expected.argmax()] - 0.1


@given(counts, logits, logits, masks)
def test_the_closed_form_equals_the_sum_over_all_sets(
    seen: dict[tuple[int, ...], int], prior: np.ndarray, z: np.ndarray, allowed: np.ndarray
) -> None:
    for sets in (
        SetDistribution.of(seen, prior),
        SetDistribution.independent(A),
        SetDistribution.single_action(A),
    ):
        if sets.unseen_log_weight is None and not allowed.any():
            continue  # nothing is possible; tested below
        expected = every_probability(sets, z, allowed)
        rows = np.tile(z, (len(ALL), 1)), np.tile(allowed, (len(ALL), 1))
        found = np.exp(batched.log_likelihood(sets, batched.log_weights(sets, *rows), ALL))
        np.testing.assert_allclose(found, expected, atol=1e-5)
        log_weights = batched.log_weights(sets, z[None], allowed[None])
        predictions = batched.predict(sets, log_weights)
        np.testing.assert_allclose(predictions.probabilities[0], expected @ ALL, atol=1e-5)
        decided = expected[(predictions.bits[0] == ALL).all(axis=1)]
        np.testing.assert_allclose(predictions.confidence, decided, atol=1e-5)
        assert not (predictions.bits[0] & ~allowed).any()


def test_a_set_that_is_not_possible_is_not_decided_for_what_it_has_in_common() -> None:
    sets = SetDistribution.of({(0, 1, 2, 3): 1}, np.zeros(A, np.float32))
    allowed = np.array([[True, True, True, False]])
    predictions = batched.predict(
        sets, batched.log_weights(sets, np.zeros((1, A), np.float32), allowed)
    )
    np.testing.assert_allclose(predictions.confidence, 1 / 8, atol=1e-6)


@given(counts)
def test_a_network_that_knows_nothing_gives_each_set_its_share(
    seen: dict[tuple[int, ...], int],
) -> None:
    total = sum(seen.values())
    share = [sum(n for bits, n in seen.items() if a in bits) / total for a in range(A)]
    share = np.clip(share, 1e-3, 1 - 1e-3)
    prior = np.log(share / (1 - share)).astype(np.float32)
    sets = SetDistribution.of(seen, prior)
    every = every_probability(sets, prior, np.ones(A, bool))
    unseen = min(max(sum(n == 1 for n in seen.values()), 1) / total, 0.5)
    for row, bits in enumerate(ALL):
        count = seen.get(tuple(np.flatnonzero(bits).tolist()), 0)
        independent = np.prod(np.where(bits, share, 1 - share))
        expected = (1 - unseen) * count / total + unseen * independent
        np.testing.assert_allclose(every[row], expected, atol=1e-3)


@given(logits)
def test_where_nothing_is_allowed_nothing_is_decided(z: np.ndarray) -> None:
    for sets, confidence in (
        (SetDistribution.single_action(A), 0),
        (SetDistribution.independent(A), 1),
    ):
        predictions = batched.predict(
            sets, batched.log_weights(sets, z[None], np.zeros((1, A), bool))
        )
        assert not predictions.bits.any()
        assert not predictions.probabilities.any()
        assert predictions.confidence[0] == confidence
