"""How new a turn is depends on the turn alone, whether its words were looked up already or not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.features.novelty import mostly_new, novelty
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

NEW_WORDS = st.lists(st.sampled_from(["qqq", "zzz", "12", "oslo", "?"]), max_size=5)


def fitted() -> Featurizer:
    """Fitted anew by each test: a mutant is only noticed where a test runs it."""
    return Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]})


@given(dialogues, NEW_WORDS)
def test_the_short_way_says_the_same(dialogue: Dialogue, said: list[str]) -> None:
    featurizer = fitted()
    for turn in dialogue.turns:
        for other in (turn, replace(turn, user=" ".join([turn.user or "", *said]))):
            vector = featurizer.turn(other, ())
            assert mostly_new(featurizer, other, vector) == novelty(featurizer, other).mostly


def test_more_than_half_new_words_are_noticed_among_known_pairs() -> None:
    featurizer = fitted()
    turn = Turn("find a qqq zzz xxx")
    vector = featurizer.turn(turn, ())
    assert len(vector.words) > 5  # the pair "find a" beside the five words
    assert mostly_new(featurizer, turn, vector)
    half = Turn("find a qqq zzz")
    assert not mostly_new(featurizer, half, featurizer.turn(half, ()))
