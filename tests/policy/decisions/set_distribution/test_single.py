"""A turn by itself is believed to be what it is among others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.decisions.set_distribution.batched import ActionSets
from cueline.policy.decisions.set_distribution.single import predict_one
from tests.policy.decisions.set_distribution.test_batched import A, counts, logits, masks

kinds = st.sampled_from([ActionSets.single(A), ActionSets.independent(A)])
seen_in_training = st.builds(ActionSets.of, counts, logits)


@given(kinds | seen_in_training, logits, masks)
def test_one_turn_is_a_row_of_many(sets: ActionSets, z: np.ndarray, allowed: np.ndarray) -> None:
    log_weights = sets.log_weights(z[None], allowed[None])
    among = sets.predict(log_weights)
    alone = predict_one(sets, z.copy(), np.flatnonzero(~allowed).tolist())
    np.testing.assert_allclose(alone.probabilities, among.probabilities[0], atol=1e-5)
    np.testing.assert_allclose(alone.scores.whole, log_weights.seen[0] + sets.overlap, atol=1e-5)
    bits = np.isin(np.arange(A), alone.bits)
    if (bits == among.bits[0]).all():
        assert abs(alone.chance - among.confidence[0]) < 1e-5
    else:  # of two sets that are as good either will do, and rounding may tell them apart
        logs = (
            sets.log_likelihood(log_weights, bits[None]),
            sets.log_likelihood(log_weights, among.bits),
        )
        assert abs(float(logs[0][0] - logs[1][0])) < 1e-4
