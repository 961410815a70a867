"""An explanation says what leaving each turn out would change, whatever way it is computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.policies import dialogues, networks, random_policy


def likelihood(policy: Policy, dialogue: Dialogue, turn: int, actions: tuple[str, ...]) -> float:
    """How likely it is that `actions` are done at a turn, computed for this dialogue alone."""
    dataset, bits = policy.dataset([dialogue]), policy.actions.bits(actions)[None]
    allowed = dataset.allowed(len(policy.actions))[turn : turn + 1]
    logits = policy.logits(dataset)[turn : turn + 1]
    return float(np.exp(policy.decision_model.log_likelihood(logits, allowed, bits))[0])


@given(networks, dialogues)
def test_each_influence_is_what_the_dialogue_without_that_turn_says(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    policy = random_policy(network)
    turns = dialogue.turns
    for one in policy.explain(dialogue):
        actions = one.decision.actions
        assert {influence.turn for influence in one.influences} == set(range(one.number))
        whole = likelihood(policy, dialogue, one.number, actions)
        for influence in one.influences:
            out = influence.turn
            shorter = Dialogue("d", turns[:out] + turns[out + 1 :])
            assert influence.without == policy.decide(shorter)[one.number - 1].actions
            without = likelihood(policy, shorter, one.number - 1, actions)
            assert influence.change == pytest.approx(whole - without, abs=1e-5)
