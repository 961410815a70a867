"""Decisions for right actions, not for right sets: each action that is likely enough by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dataset.target_bits import TargetBits
from cueline.policy.decisions.decision_model import EVEN, DecisionModel
from cueline.policy.decisions.initial import initial_decision_model, preferring
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.fitting import Evidence, fit, marginal_threshold
from cueline.types import Bits
from tests.policy.decisions.set_distribution.test_distribution import A, counts, logits, masks

SPACE = ActionSpace([f"a{number}" for number in range(A)])
distributions = st.just(SetDistribution.independent(A)) | st.builds(
    SetDistribution.of, counts, logits
)


def evidence(seed: int, turns: int = 60) -> Evidence:
    """Turns whose right actions follow from their logits, by chance."""
    random = np.random.default_rng(seed)
    found = random.normal(-1, 1.5, (turns, A)).astype(np.float32)
    bits = random.random((turns, A)) < 1 / (1 + np.exp(-found))
    targets = TargetBits(bits, np.ones((turns, A), bool), np.zeros(turns, bool))
    model = DecisionModel(SetDistribution.independent(A), marginal_threshold=EVEN)
    return Evidence(model, found, targets, np.zeros((turns, 2)), np.arange(turns) // 4)


def f1(decided: Bits, right: Bits) -> float:
    return float(2 * (decided & right).sum() / max(int(decided.sum() + right.sum()), 1))


@given(distributions, logits, masks, st.floats(0.01, 0.99))
def test_an_action_is_done_from_the_threshold_on_alone_and_among_many(
    distribution: SetDistribution, z: np.ndarray, allowed: np.ndarray, threshold: float
) -> None:
    model = DecisionModel(distribution, marginal_threshold=threshold)
    row = model.predict(z[None], allowed[None])
    assume(np.abs(row.probabilities - threshold).min() > 1e-5)
    one = model.predict_one(z.copy(), np.flatnonzero(~allowed).tolist())
    expected = (row.probabilities[0] >= threshold) & allowed
    assert row.bits[0].tolist() == expected.tolist()
    assert one.bits == tuple(np.flatnonzero(expected))
    assert abs(one.chance - row.confidence[0]) < 1e-4
    if row.confidence[0] > 0:
        log = model.log_likelihood(z[None], allowed[None], row.bits)[0]
        assert abs(np.exp(min(log, 0)) - row.confidence[0]) < 1e-4
    named = next(model.candidates(z[None], allowed[None])).sets
    assert one.bits in [bits for bits, _ in named]


@given(st.integers(0, 40))
def test_the_threshold_is_that_of_the_highest_f1(seed: int) -> None:
    some = evidence(seed)
    found = marginal_threshold([some], 1.0)
    chances = some.decision_model.predict(some.logits, some.targets.allowed).probabilities
    best = max(f1(chances >= one, some.targets.bits) for one in np.linspace(0.01, 0.99, 99))
    assert f1(chances >= found, some.targets.bits) >= best - 1e-9
    fitted = fit(some.decision_model, [some])
    again = marginal_threshold([some], fitted.temperature)
    assert fitted.marginal_threshold == again
    decided = fitted.predict(some.logits, some.targets.allowed).bits
    of_sets = replace(fitted, marginal_threshold=None)
    sets = of_sets.predict(some.logits, some.targets.allowed).bits
    assert f1(decided, some.targets.bits) >= f1(sets, some.targets.bits)


def test_where_one_action_is_done_a_turn_there_is_no_choice() -> None:
    single = {(0,): 3, (1,): 2}
    assert initial_decision_model(single, False, A, "auto", "f1").marginal_threshold is None
    several = initial_decision_model({(0, 1): 3, (1,): 2}, False, A, "auto", "f1")
    assert several.marginal_threshold == EVEN
    assert preferring(replace(several, marginal_threshold=0.3), "f1").marginal_threshold == 0.3
    assert preferring(several, "exact").marginal_threshold is None
