"""A turn seen in two ways: as it is, and as if none of its values had been seen before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.features import Featurizer
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

ACTIONS = st.lists(st.integers(0, 3), unique=True, max_size=2)


def fitted() -> Featurizer:
    """Fitted anew by each test: a mutant is only noticed where a test runs it."""
    return Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]})


def novel(value: object) -> object:
    """A value of the same kind that nobody has seen."""
    if isinstance(value, str):
        return "qqq"
    return tuple(f"qqq{n}" for n in range(len(value))) if isinstance(value, tuple) else value


@given(dialogues, ACTIONS)
def test_one_view_is_the_turn_and_the_other_has_no_value_in_it(
    dialogue: Dialogue, previous: list[int]
) -> None:
    featurizer = fitted()
    assert len(featurizer.actions) == 4
    for turn in dialogue.turns:
        seen, value_masked = featurizer.views(turn, previous)
        assert seen == featurizer.turn(turn, previous)
        silent = replace(turn, user=None)
        features = {name: novel(value) for name, value in turn.features.items()}
        unseen = featurizer.turn(replace(silent, features=features), previous)
        assert featurizer.views(silent, previous)[1] == unseen
        assert len(value_masked.words) <= len(seen.words)
