"""What a turn knows of another is what changing that one does to it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from msgspec import structs

from cueline.dialogue import Dialogue
from cueline.settings import NetworkSettings
from cueline.web.memory_probe import shapes
from tests.policies import dialogues, networks, random_policy


@given(networks, dialogues)
def test_a_changed_turn_shows_where_the_memory_carries_it(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    policy = random_policy(network)
    found = shapes(policy, dialogue.turns)
    assert found.sizes.actions == len(policy.actions)
    state, states = policy.start(), []
    for turn, shown in zip(dialogue.turns, found.turns, strict=True):
        before = structs.replace(policy.start(), previous=state.previous)
        assert shown.alone == policy.act(turn, before)[0].actions
        decision, state = policy.act(turn, state)
        assert shown.together == decision.actions
        states.append(state)
    first = structs.replace(dialogue.turns[0], user=None, features={})
    state = policy.start()
    for number, turn in enumerate((first, *dialogue.turns[1:])):
        state = policy.act(turn, state)[1]
        h = states[number].carry.hidden
        gap = np.linalg.norm(state.carry.hidden - h) / max(np.linalg.norm(h), 1e-9)
        assert abs(found.turns[number].knows[0] - gap) < 1e-3 * max(gap, 1)
    if network.memory == "none":
        for number, shown in enumerate(found.turns):
            assert shown.knows[:number] == [0.0] * number
