"""A decision is explained by what the policy itself would say."""

from __future__ import annotations

from hypothesis import given

from cueline.dialogue import Dialogue, Turn
from cueline.features.novelty import novelty
from cueline.web.turn_explanation import explained
from tests.policies import dialogues, networks, random_policy
from tests.server.acting import policy


@given(networks, dialogues)
def test_the_last_turn_is_explained_as_the_policy_decides_it(
    network: object, dialogue: Dialogue
) -> None:
    chosen = random_policy(network)
    for length in range(1, len(dialogue.turns) + 1):
        turns = dialogue.turns[:length]
        found = explained(chosen, turns)
        decision = chosen.decide(Dialogue("d", turns))[-1]
        assert found.reason == decision.reason
        if decision.reason == "sure":
            assert found.sure_from is not None
            assert decision.confidence >= found.sure_from
        count = novelty(chosen.featurizer, turns[-1])
        assert len(found.unknown_words) == count.unknown_words
        assert sum(not feature.seen for feature in found.features) == count.unknown_features


def test_words_that_training_never_had_and_misspelt_features_are_pointed_out() -> None:
    said = "Find mé a 🙂 table, zzyzx!"
    found = explained(policy(), [Turn(said, features={"db_cont": 3, "area": "north"})])
    assert "zzyzx" in [said[start:end] for start, end in found.unknown_words]
    assert "table" not in [said[start:end] for start, end in found.unknown_words]
    misspelt, other = found.features
    assert (misspelt.known, misspelt.meant) == (False, "db_count")
    assert (other.known, other.seen, other.meant) == (True, False, None)
