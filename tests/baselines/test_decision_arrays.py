"""Decisions over a corpus are those that the policy makes one at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.baselines import decision_arrays
from cueline.dialogue import Dialogue
from cueline.settings import NetworkSettings
from tests.policies import ACTIONS, dialogues, networks, random_policy


@given(networks, st.lists(dialogues, min_size=1, max_size=3))
def test_they_are_those_of_acting_turn_by_turn(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network, temperature=1.5)
    dataset = policy.dataset(corpus)
    found = decision_arrays(
        policy.decision_model, policy.logits(dataset), dataset.allowed(len(ACTIONS))
    )
    row = 0
    for dialogue in corpus:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(turn, state)
            assert policy.actions.named(found.bits[row]) == decision.actions
            np.testing.assert_allclose(found.confidence[row], decision.confidence, atol=1e-5)
            likeliest = max(decision.probabilities.values())
            if turn.available == ():
                assert found.top[row] == -1
            else:
                top = decision.probabilities[ACTIONS[found.top[row]]]
                assert np.isclose(top, likeliest, atol=1e-6)
            row += 1
