"""Free running: the policy's own decisions are what went before."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.evaluation.free_running import free_run
from cueline.settings import NetworkSettings
from tests.policies import dialogues, networks, random_policy

TOLERANCE = 1e-5


@given(networks, st.lists(dialogues, min_size=1, max_size=4), st.integers(0, 99))
def test_it_is_acting_turn_by_turn_without_being_told_what_was_done(
    network: NetworkSettings, corpus: list[Dialogue], seed: int
) -> None:
    policy = random_policy(network, seed)
    decisions = []
    for dialogue in corpus:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(replace(turn, actions=None), state)
            decisions.append(decision)
    decided = free_run(policy, corpus)
    done = [policy.actions.named(bits) for bits in decided.bits]
    assert done == [decision.actions for decision in decisions]
    confidence = [decision.confidence for decision in decisions]
    np.testing.assert_allclose(decided.confidence, confidence, atol=TOLERANCE)


@given(networks, st.lists(dialogues, min_size=1, max_size=3))
def test_what_the_corpus_did_does_not_matter(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network)
    idle = [
        replace(dialogue, turns=tuple(replace(turn, actions=()) for turn in dialogue.turns))
        for dialogue in corpus
    ]
    for one, other in zip(free_run(policy, corpus), free_run(policy, idle), strict=True):
        np.testing.assert_array_equal(one, other)
