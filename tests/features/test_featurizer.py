"""A turn seen in two ways: as it is, and as if none of its values had been seen before."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Span, Turn, is_vector
from cueline.features import Featurizer
from cueline.features.entities import lexicon, mark
from cueline.features.vocabulary import unseen
from cueline.settings import FeatureSettings
from cueline.tokenizer import words
from tests.policies import corpus, dialogues

ACTIONS = st.lists(st.integers(0, 3), unique=True, max_size=2)
ENTITIES = {"city": ["oslo"]}


def fitted() -> Featurizer:
    """Fitted anew by each test: a mutant is only noticed where a test runs it."""
    return Featurizer.fit(corpus(), FeatureSettings(), ENTITIES)


def novel(value: object) -> object:
    """A value of the same kind that nobody has seen."""
    if isinstance(value, str):
        return "qqq"
    if not isinstance(value, tuple) or is_vector(value):  # numbers are never hidden
        return value
    return tuple(f"qqq{n}" for n in range(len(value)))


@given(dialogues, ACTIONS)
def test_one_view_is_the_turn_and_the_other_has_no_value_in_it(
    dialogue: Dialogue, previous: list[int]
) -> None:
    featurizer = fitted()
    assert len(featurizer.actions) == 4
    for turn in dialogue.turns:
        seen, value_masked = featurizer.views(turn, previous)
        assert seen == featurizer.turn(turn, previous)
        silent = replace(turn, user=None, spans=())
        features = {name: novel(value) for name, value in turn.features.items()}
        unheard = featurizer.turn(replace(silent, features=features), previous)
        assert featurizer.views(silent, previous)[1] == unheard
        assert len(value_masked.words) <= len(seen.words)


@given(dialogues, ACTIONS)
def test_a_turn_is_its_words_and_pairs_and_the_columns_of_what_is_there(
    dialogue: Dialogue, previous: list[int]
) -> None:
    featurizer = fitted()
    index = featurizer.vocabulary.index
    for turn in dialogue.turns:
        vector = featurizer.turn(turn, previous)
        own = turn.features.get("city", "")
        known = [lexicon({"city": [own]}), lexicon(ENTITIES)]
        text, _ = mark(words(turn.user or "", featurizer.max_words), known)
        pairs = [f"{one} {other}" for one, other in pairwise(text)]
        assert vector.words == (
            *(index.get(word, unseen(word)) for word in text),
            *(index[pair] for pair in pairs if pair in index),
        )
        columns, values = featurizer.context.entries(turn.features)
        there = dict.fromkeys(previous, 1.0)
        if turn.user is None:
            there[4] = 1.0
        there |= {5 + column: value for column, value in zip(columns, values, strict=True)}
        assert dict(zip(vector.columns, vector.values, strict=True)) == there


SAID = st.lists(st.sampled_from(["find", "a", "in", "paris", "rome", "no", "zyx"]), max_size=7)


@given(SAID, st.sampled_from(["paris", "rome"]), ACTIONS)
def test_a_masked_turn_is_one_with_a_value_that_nobody_has_seen(
    said: list[str], city: str, previous: list[int]
) -> None:
    featurizer = fitted()
    turn = Turn(" ".join(said), {"city": city, "count": 3, "open": True})
    other = " ".join("qqq" if word == city else word for word in said)
    unheard = Turn(other, turn.features | {"city": "qqq"})
    assert featurizer.views(turn, previous)[1] == featurizer.turn(unheard, previous)


def test_a_value_of_the_list_is_masked_where_the_turn_has_no_features() -> None:
    featurizer = Featurizer.fit(corpus(), FeatureSettings(), {"city": ["paris"], "no": ["qqq"]})
    seen, masked = featurizer.views(Turn("in paris"), ())
    entries = [[featurizer.vocabulary.entries[n] for n in view.words] for view in (seen, masked)]
    assert entries == [
        ["in", "<city>", "paris", "in <city>", "<city> paris"],
        ["in", "<city>", "<unknown>", "in <city>"],
    ]
    assert (seen.columns, masked.columns) == ((), ())


def cities(featurizer: Featurizer) -> list[str]:
    """The values of the city that have a column of their own."""
    return featurizer.context.index["city", "category"].values


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("allowed", [True, False])
def test_it_learns_as_many_words_pairs_and_values_as_the_settings_say(
    wanted: bool, allowed: bool
) -> None:
    few = FeatureSettings(pairs=allowed, max_vocabulary=5, max_values=1)
    small = Featurizer.fit(corpus(), few, {}, wanted)
    assert len(small.vocabulary) == 2 + 5
    assert cities(small) == ["paris"]
    many = Featurizer.fit(corpus(), replace(few, max_vocabulary=100), {}, wanted)
    assert many.vocabulary.pairs == (wanted and allowed)
    of_others = Featurizer.fit([replace(one, turns=one.turns[1:]) for one in corpus()], few, {})
    assert cities(of_others) == ["rome"]
    assert cities(of_others.extended(corpus(), few, {})) == ["rome", "paris"]
    assert cities(small.extended(corpus(), few, {})) == ["paris"]


@given(st.sampled_from(["oslo", "new york", "hacksaw ridge", "la la", "7 up"]), st.booleans())
def test_in_the_other_view_nobody_knows_what_was_named(name: str, listed: bool) -> None:
    said = f"a table in {name} please, not la"
    turn = Turn(said, actions=("ask",), spans=(Span(11, 11 + len(name), "city"),))
    known = {"city": [name]} if listed else {}
    featurizer = Featurizer.fit([Dialogue("one", (turn,))] * 3, FeatureSettings(), known)
    seen, value_masked = featurizer.views(turn, ())
    assert seen == featurizer.turn(turn, ())
    numbered = any(map(str.isdigit, name))  # is never new for long
    unknown = " ".join("qqq" for _ in name.split())
    told = said if numbered and not listed else said.replace(name, unknown, 1)
    if listed:  # the marker stays: a list may name what training did not show
        told = told.replace("in ", "in <city> ", 1)
        assert [n for n in value_masked.words if n in featurizer.vocabulary.words(["<city>"])]
    else:
        assert value_masked.words == featurizer.turn(Turn(told), ()).words
