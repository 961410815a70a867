"""What is known keeps its place when more is learned; what is new comes after it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.features.context import Context
from cueline.features.novelty import newness
from cueline.features.vocabulary import UNKNOWN
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

later = st.lists(dialogues, min_size=1, max_size=4)


@given(later)
def test_what_is_known_stays_and_what_is_new_comes_after(more: list[Dialogue]) -> None:
    first = Context.fit(corpus()[:2], max_values=9)
    new = Context.fit(more, max_values=9)
    both = first.extended(more, max_values=9)
    kinds = [(feature.name, feature.kind) for feature in first.features]
    others = [feature for feature in new.features if (feature.name, feature.kind) not in kinds]
    assert [(feature.name, feature.kind) for feature in both.features] == [
        *kinds,
        *((feature.name, feature.kind) for feature in others),
    ]
    end = 0
    for feature in both.features:  # one after another, with no gap
        assert feature.start == end
        end += feature.width
    assert both.width == end
    for old, now in zip(first.features, both.features, strict=False):
        same = new.index.get((old.name, old.kind))
        added = sorted({*same.values} - {*old.values}) if same else []
        assert now == replace(old, start=now.start, values=[*old.values, *added])
    for feature in others:
        now = both.index[feature.name, feature.kind]
        assert now == replace(feature, start=now.start)


def test_a_context_that_learns_of_a_value_and_of_a_feature() -> None:
    first = Context.fit(corpus(), max_values=9)
    turn = Turn("", {"city": "lima", "tea": True, "count": 50}, actions=())
    both = first.extended([Dialogue(name, (turn,)) for name in "xy"], max_values=9)
    (old, now) = (context.index["city", "category"] for context in (first, both))
    assert now.values == [*old.values, "lima"]
    assert both.features[-1].name == "tea"
    assert both.index["count", "number"].mean == first.index["count", "number"].mean
    assert (
        "lima" not in first.extended([Dialogue("x", (turn,))], 9).index["city", "category"].values
    )
    limited = first.extended([Dialogue(name, (turn,)) for name in "xy"], max_values=0)
    assert limited.index["city", "category"].values == old.values


@given(later)
def test_words_and_actions_keep_their_numbers(more: list[Dialogue]) -> None:
    settings = FeatureSettings(min_count=1)
    first = Featurizer.fit(corpus(), settings, {"city": ["oslo"]})
    both = first.extended(more, settings, {"city": ["lima"], "dish": ["pie"]})
    words = first.vocabulary.entries
    assert both.vocabulary.entries[: len(words)] == words
    assert both.actions[: len(first.actions)] == first.actions
    done = {name for one in more for turn in one.turns for name in turn.actions or ()}
    assert set(both.actions) == done | set(first.actions)
    assert len(set(both.actions)) == len(both.actions)
    assert both.entities == {"city": ["lima", "oslo"], "dish": ["pie"]}
    assert first.extended(more, settings, {}).entities == {"city": ["oslo"]}
    assert both.context.features == first.context.extended(more, settings.max_values).features


def test_new_words_pairs_and_marked_values_are_learned_as_the_settings_say() -> None:
    settings = FeatureSettings(min_count=2, max_vocabulary=100, max_words=4)
    first = Featurizer.fit(corpus(), settings, {})
    said = Dialogue("d", (Turn("green tea to lima never", actions=("brew",)),))
    added = {
        (number, pairs): set(
            first.extended([said] * number, settings, {"city": ["lima"]}, pairs).vocabulary.entries
        )
        - set(first.vocabulary.entries)
        for number in (1, 2)
        for pairs in (True, False)
    }
    assert added[1, True] == added[1, False] == set()
    assert {"green", "tea", "to", "<city>"} <= added[2, False]
    assert not any(" " in entry or entry == "never" for entry in added[2, False])
    assert "green tea" in added[2, True]
    assert "green tea" in first.extended([said] * 2, settings, {}).vocabulary.entries
    largest = replace(settings, max_vocabulary=1)
    more = first.extended([said] * 2, largest, {})
    assert len(more.vocabulary) == len(first.vocabulary) + 1
    assert more.actions == [*first.actions, "brew"]
    assert (more.max_words, more.entities) == (4, {})
    alone = first.extended([said] * 2, replace(settings, pairs=False), {})
    assert not any(" " in e for e in alone.vocabulary.entries[len(first.vocabulary) :])


@given(dialogues)
def test_newness_is_the_share_of_words_and_of_categories(dialogue: Dialogue) -> None:
    featurizer = Featurizer.fit(corpus(), FeatureSettings(), {})
    known = {"city": {"paris", "rome"}, "known": {"food", "area"}}
    for turn in dialogue.turns:
        vector = featurizer.turn(turn, ())
        new = newness(featurizer, vector)
        unknown = [number == UNKNOWN for number in vector.words]
        assert new.words == (sum(unknown) / len(unknown) if unknown else 0.0)
        values = {
            name: {value} if isinstance(value, str) else {*value}
            for name, value in turn.features.items()
            if name in known and isinstance(value, str | tuple)
        }
        unseen = [bool(held - known[name]) for name, held in values.items()]
        assert new.values == (sum(unseen) / len(unseen) if unseen else 0.0)


def test_half_of_what_is_there_is_new() -> None:
    featurizer = Featurizer.fit(corpus(), FeatureSettings(), {})
    turn = Turn("qqq", {"city": "oslo", "known": ("food",), "count": 5})
    assert newness(featurizer, featurizer.turn(turn, ())) == (1.0, 0.5)
    assert newness(featurizer, featurizer.turn(Turn(None), ())) == (0.0, 0.0)
