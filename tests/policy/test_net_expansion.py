"""A grown policy says of old turns what it said, until it is trained; and the rule counts on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dataset.feature_expansion import FeatureExpansion
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.initial import prior_logits
from cueline.policy.decisions.set_distribution import batched
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.net_expansion import (
    action_origins,
    added,
    grown_decision_model,
    grown_prior,
    grown_weights,
)
from cueline.settings import FeatureSettings, NetworkSettings
from tests.dataset.test_feature_expansion import NEW_TURN
from tests.policies import ACTIONS, dialogues, networks, random_policy

MORE = ActionSpace([*ACTIONS, "dance"])
PRIOR = np.linspace(-2, 1, 5, dtype=np.float32)
ORIGINS = action_origins(ActionSpace(ACTIONS), MORE)
counts = st.dictionaries(
    st.sets(st.integers(0, 3), min_size=1).map(lambda bits: tuple(sorted(bits))),
    st.integers(2, 50),
    min_size=2,
)


def grown(policy: Policy) -> Policy:
    """With new words, pairs, values, features and an action, and not trained."""
    new = [Dialogue(name, (NEW_TURN,)) for name in "ab"]
    bag = policy.settings.network.encoder == "bag"
    featurizer = policy.featurizer.extended(new, FeatureSettings(), {"size": ["big"]}, pairs=bag)
    growth = FeatureExpansion.between(policy.featurizer, featurizer)
    weights = grown_weights(policy.weights, growth, ORIGINS, PRIOR)
    return Policy(policy.settings, MORE, featurizer, policy.decision_model, weights)


@given(networks, st.lists(dialogues, min_size=1, max_size=4), st.integers(0, 9))
def test_the_grown_network_gives_old_turns_the_same_logits(
    network: NetworkSettings, corpus: list[Dialogue], seed: int
) -> None:
    policy = random_policy(network, seed)
    larger = grown(policy)
    before, after = policy.logits(policy.dataset(corpus)), larger.logits(larger.dataset(corpus))
    np.testing.assert_allclose(after[:, : len(ACTIONS)], before, rtol=0, atol=2e-5)
    np.testing.assert_array_equal(after[:, -1], PRIOR[-1])


@given(counts, counts)
def test_knowing_nothing_it_gives_each_set_its_share_in_all(
    old: dict[tuple[int, ...], int], new: dict[tuple[int, ...], int]
) -> None:
    new = {**new, (4,): 10}
    prior = prior_logits(old, 4, single_action=False)
    both = added(old, new)
    more = grown_prior(prior, both, ORIGINS, single_action=False)
    fitted = DecisionModel(SetDistribution.of(old, prior), 1.5, PlattScaling(0.9, -0.2))
    decision_model = grown_decision_model(fitted, both, more, "auto")
    assert (decision_model.temperature, decision_model.platt) == (1.5, PlattScaling(0.9, -0.2))
    np.testing.assert_array_equal(more[:4], prior)
    for bits, count in both.items():
        assert both[bits] == old.get(bits, 0) + new.get(bits, 0)
        on = np.isin(np.arange(5), bits)[None]
        weights = batched.log_weights(decision_model.distribution, more[None], np.ones_like(on))
        likely = batched.log_likelihood(decision_model.distribution, weights, on)
        assert abs(np.exp(likely[0]) - count / sum(both.values())) < 2 / sum(both.values()) + 1e-3


def test_one_action_a_turn_stays_so_until_there_are_more() -> None:
    old = {(0,): 30, (1,): 60, (3,): 10}
    prior = prior_logits(old, 4, single_action=True)
    softmax = DecisionModel(SetDistribution.single_action(4))
    alike = grown_decision_model(softmax, old, prior, "auto")
    assert alike.distribution == softmax.distribution
    both = added(old, {(0, 1): 1})
    several = grown_decision_model(softmax, both, prior, "auto")
    assert not several.single_action
    logits, allowed = np.array([[2, -1, 0.5, -3]], np.float32), np.ones((1, 4), bool)
    before, after = (
        decision_model.predict(logits, allowed).probabilities[0]
        for decision_model in (softmax, several)
    )
    np.testing.assert_allclose(
        after[[0, 1, 3]] / after[0], before[[0, 1, 3]] / before[0], atol=0.05
    )
