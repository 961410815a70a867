"""Confusions are what counting one by one gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.metrics.confusions import confusion_matrix
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.settings import NetworkSettings
from tests.policies import dialogues, networks, random_policy

corpora = st.lists(dialogues, min_size=1, max_size=4)


@given(networks, corpora)
def test_confusions_are_what_was_missed_beside_what_was_wrongly_decided(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network)
    scored = ScoredCorpus.of(policy, corpus)
    found = confusion_matrix(scored.decided, scored.answers)
    names = [*found.actions, None]
    expected = np.zeros((len(names), len(names)), int)
    rights = [set(turn.actions) for dialogue in corpus for turn in dialogue.turns]
    for right, bits in zip(rights, scored.decided.bits, strict=True):
        decided = set(policy.actions.named(bits))
        missed, extra = right - decided or {None}, decided - right or {None}
        pairs = {(a, b) for a in missed for b in extra if (a, b) != (None, None)}
        for a, b in pairs | {(name, name) for name in right & decided}:
            if a in names and b in names:
                expected[names.index(a), names.index(b)] += 1
    assert np.array(found.counts).tolist() == expected.tolist()
    wrong = {
        name
        for right, bits in zip(rights, scored.decided.bits, strict=True)
        for name in right ^ set(policy.actions.named(bits))
    }
    assert set(found.actions) == wrong


def test_a_corpus_of_one_turn_is_confused_too() -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7, decisions="single"))
    scored = ScoredCorpus.of(policy, [Dialogue("d", (Turn("find", actions=("fly",)),))])
    assert confusion_matrix(scored.decided, scored.answers).actions[0] in (
        "fly",
        *policy.actions.names,
    )
