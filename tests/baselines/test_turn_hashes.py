"""Keys: two turns have the same one exactly if they are the same, whatever dataset they are in."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.baselines.turn_hashes import mixed, previous_actions, whole_turns
from cueline.dataset.dataset import build
from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.policy import Policy
from cueline.settings import FeatureSettings, NetworkSettings
from tests.policies import ACTIONS, dialogues, random_policy

POLICY = random_policy(NetworkSettings(5, units=7))
corpora = st.lists(dialogues, min_size=1, max_size=3)


def vectors(policy: Policy, corpus: list[Dialogue]) -> list[tuple[object, object]]:
    """What the network sees of each turn, and the previous actions in it."""
    found = []
    for dialogue in corpus:
        previous: list[int] = []
        for turn in dialogue.turns:
            words, columns, values = policy.featurizer.turn(turn, previous)
            values = tuple(np.float32(values).tolist())
            found.append(((words, frozenset(zip(columns, values, strict=True))), tuple(previous)))
            previous = policy.actions.ids(turn.actions or ())
    return found


@given(corpora, corpora)
def test_keys_are_equal_exactly_where_turns_are(one: list[Dialogue], other: list[Dialogue]) -> None:
    pairs = product(vectors(POLICY, one), vectors(POLICY, other))
    datasets = POLICY.dataset(one), POLICY.dataset(other)
    whole = product(*(whole_turns(dataset).tolist() for dataset in datasets))
    previous = product(*(previous_actions(dataset, len(ACTIONS)).tolist() for dataset in datasets))
    for (a, b), (key, other_key), (done, other_done) in zip(pairs, whole, previous, strict=True):
        assert (key == other_key) == (a[0] == b[0])
        assert (done == other_done) == (a[1] == b[1])


def test_in_what_order_words_are_said_is_a_part_of_a_turn() -> None:
    turns = tuple(Turn(text, actions=()) for text in ("a b b", "b a b", "a b b", "b a"))
    featurizer = Featurizer.fit(
        [Dialogue("1", turns)], FeatureSettings(min_count=1, pairs=False), {}
    )
    first, second, again, shorter = whole_turns(
        build([Dialogue("1", turns)], featurizer, featurizer.action_space)
    )
    assert first == again
    assert len({first, second, shorter}) == 3


@given(corpora)
def test_in_what_order_features_are_written_down_is_no_part_of_a_turn(
    corpus: list[Dialogue],
) -> None:
    def backwards(dialogue: Dialogue) -> Dialogue:
        turns = (replace(t, features=dict(reversed(t.features.items()))) for t in dialogue.turns)
        return replace(dialogue, turns=tuple(turns))

    keys = whole_turns(POLICY.dataset(corpus))
    assert np.array_equal(keys, whole_turns(POLICY.dataset(map(backwards, corpus))))


def test_they_are_the_same_on_every_machine() -> None:
    assert mixed(np.arange(2)).tolist() == [0xE220A8397B1DCDAF, 0x910A2DEC89025CC1]
