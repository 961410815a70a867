"""The loss sums each set's few actions; that is the product with the bits of all sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from cueline.policy.decisions.set_distribution import batched
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.training.loss import NegativeLogLikelihood, seen_weights

ACTIONS = 6
sets = st.sets(st.frozensets(st.integers(0, ACTIONS - 1)), min_size=1, max_size=9)


@given(sets, st.integers(0, 99), st.sampled_from([(2,), (2, 3)]))
def test_the_weight_of_a_set_is_the_sum_of_its_actions(
    some: set[frozenset[int]], seed: int, shape: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=len(some)).tolist()
    distribution = SetDistribution(ACTIONS, [sorted(one) for one in some], weights, None)
    logits = rng.normal(size=(*shape, ACTIONS)).astype(np.float32)
    found = ops.convert_to_numpy(seen_weights(distribution, ops.convert_to_tensor(logits)))
    expected = logits @ distribution.bits.T.astype(np.float32) + distribution.offsets
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(st.integers(0, 99), st.booleans())
def test_it_is_minus_the_log_likelihood_that_acting_has(seed: int, single: bool) -> None:
    rng = np.random.default_rng(seed)
    if single:
        distribution = SetDistribution.single_action(ACTIONS)
        bits = np.eye(ACTIONS, dtype=bool)[rng.integers(0, ACTIONS, 8)]
    else:
        counts = {(): 3, (0,): 5, (1, 2): 2, (3, 4, 5): 4}
        distribution = SetDistribution.of(counts, rng.normal(size=ACTIONS).astype(np.float32))
        bits = rng.random((8, ACTIONS)) < 0.3
    logits = rng.normal(size=(8, ACTIONS)).astype(np.float32)
    loss = NegativeLogLikelihood(distribution, np.ones(ACTIONS, np.float32))
    y, given = ops.convert_to_tensor(bits.astype(np.float32)), ops.convert_to_tensor(logits)
    found = -ops.convert_to_numpy(loss.call(y, given))
    weights = batched.log_weights(distribution, logits, np.ones_like(bits))
    expected = batched.log_likelihood(distribution, weights, bits)
    # What the right set weighs beside its actions' logits is a constant, which the loss leaves out.
    np.testing.assert_allclose(found, expected - distribution.log_weights_of(bits), atol=1e-4)
