"""A turn by itself comes to what it comes to among others: `single` equals a row of `batched`."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.decisions.set_distribution import batched, single
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from tests.policy.decisions.set_distribution.test_distribution import A, counts, logits, masks

kinds = st.sampled_from([SetDistribution.single_action(A), SetDistribution.independent(A)])
seen_in_training = st.builds(SetDistribution.of, counts, logits)


@given(kinds | seen_in_training, logits, masks)
def test_one_turn_is_a_row_of_many(
    distribution: SetDistribution, z: np.ndarray, allowed: np.ndarray
) -> None:
    weights = batched.log_weights(distribution, z[None], allowed[None])
    row = batched.predict(distribution, weights)
    one = single.predict(distribution, z.copy(), np.flatnonzero(~allowed).tolist())
    np.testing.assert_allclose(one.probabilities, row.probabilities[0], atol=1e-5)
    combined = weights.seen[0] + distribution.combined_gain
    np.testing.assert_allclose(one.weights.combined, combined, atol=1e-5)
    np.testing.assert_allclose(one.weights.unseen, weights.unseen[0], atol=1e-5)
    np.testing.assert_allclose(one.weights.total, weights.total[0], atol=1e-5)
    bits = np.isin(np.arange(A), one.bits)
    if (bits == row.bits[0]).all():
        assert abs(one.chance - row.confidence[0]) < 1e-5
    else:  # of two sets that are as good either will do, and rounding may tell them apart
        logs = [
            batched.log_likelihood(distribution, weights, chosen)
            for chosen in (bits[None], row.bits)
        ]
        assert abs(float(logs[0][0] - logs[1][0])) < 1e-4


def test_the_likeliest_set_gives_way_to_one_that_has_more_in_common_with_the_others() -> None:
    """{0} is likeliest, and would be decided on if it could have nothing in common with another.

    Expected utilities: {0} 2 * 0.43 + 0.285 * 2/5 = 0.974; {0, 1, 2, 3} 2 * 0.285 + 0.43 * 2/5 +
    0.285 * 6/7 = 0.986.
    """
    probabilities = {(0,): 0.43, (0, 1, 2, 3): 0.285, (1, 2, 3): 0.285}
    sets = [list(bits) for bits in probabilities]
    weights = [float(np.log(p)) for p in probabilities.values()]
    distribution = SetDistribution(A, sets, weights, unseen_log_weight=-20.0)
    logits, allowed = np.zeros((1, A), np.float32), np.ones((1, A), bool)
    row = batched.predict(distribution, batched.log_weights(distribution, logits, allowed))
    one = single.predict(distribution, logits[0], ())
    assert one.bits == tuple(np.flatnonzero(row.bits[0])) == (0, 1, 2, 3)
