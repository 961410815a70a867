"""What a turn knows of another is what changing that one does to it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from msgspec import structs

from cueline.dialogue import Dialogue
from cueline.settings import NetworkSettings
from cueline.web.memory_probe import shapes
from tests.policies import dialogues, networks, random_policy
from tests.policy.tagging.test_tagger import random_tagger


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
    first = structs.replace(dialogue.turns[0], user=None, features={}, spans=())
    state = policy.start()
    for number, turn in enumerate((first, *dialogue.turns[1:])):
        state = policy.act(turn, state)[1]
        h = states[number].carry.hidden
        gap = np.linalg.norm(state.carry.hidden - h) / max(np.linalg.norm(h), 1e-9)
        assert abs(found.turns[number].knows[0] - gap) < 1e-3 * max(gap, 1)
    if network.memory == "none":
        for number, shown in enumerate(found.turns):
            assert shown.knows[:number] == [0.0] * number


@given(dialogues)
def test_the_words_of_each_turn_are_tagged_as_the_policy_hears_them(dialogue: Dialogue) -> None:
    deaf = random_policy(NetworkSettings(embedding=5, units=7))
    policy = deaf.with_words(random_tagger(1), None)
    found = shapes(policy, dialogue.turns)
    assert found.tagger is not None
    assert found.tagger.tags == ["O", "B-city", "I-city", "B-people", "I-people"]
    decided = policy.decide(dialogue)
    for turn, shown, decision in zip(dialogue.turns, found.turns, decided, strict=True):
        if shown.tagged is None:
            assert not turn.user
            continue
        assert tuple(shown.tagged.spans) == decision.spans
        assert len(shown.tagged.tags) == len(shown.tagged.words) == len(shown.tagged.scores)
        begun = [found.tagger.tags[tag][2:] for tag in shown.tagged.tags if tag % 2]
        assert begun == [span.label for span in decision.spans]
    unheard = shapes(deaf, dialogue.turns)
    assert unheard.tagger is None and all(turn.tagged is None for turn in unheard.turns)
