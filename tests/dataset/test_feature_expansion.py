"""An extended featurizer keeps what it knew; a dataset goes over to it; datasets part and join."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import build
from cueline.dataset.feature_expansion import NOTHING, FeatureExpansion
from cueline.dataset.packed_arrays import pack, unpack
from cueline.dataset.slicing import joined, take
from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

OLD = Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]})
NEW_TURN = Turn(
    "zyx at room7", {"city": "oslo", "size": "big", "count": 7}, actions=("dance", "ask")
)
NEW = OLD.extended([Dialogue(n, (NEW_TURN,)) for n in "ab"], FeatureSettings(), {"size": ["big"]})

several = st.lists(dialogues, min_size=1, max_size=4)


def dataset(some: list[Dialogue], featurizer: Featurizer = OLD) -> Dataset:
    return build(some, featurizer, ActionSpace(featurizer.actions))


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two datasets say the same, whatever the numbers of their utterances."""

    def rows(dataset: Dataset) -> list[object]:
        return [
            (
                dataset.utterances[turns.utterance[row]].tolist(),
                turns.columns[row].tolist(),
                turns.values[turns.columns.places(np.array([row]))].astype(np.float16).tolist(),
            )
            for turns in (dataset.turns, dataset.value_masked)
            for row in range(len(turns.utterance))
        ]

    def answers(dataset: Dataset) -> list[object]:
        return [
            (dataset.targets[row].tolist(), dataset.masks[row].tolist())
            for row in range(len(dataset.targets))
        ]

    return (
        rows(one) == rows(other)
        and answers(one) == answers(other)
        and one.dialogues.tolist() == other.dialogues.tolist()
        and one.out_of_space.tolist() == other.out_of_space.tolist()
    )


def test_what_was_there_keeps_its_number_and_what_is_new_comes_after() -> None:
    assert NEW.actions == [*OLD.actions, "dance"]
    assert NEW.vocabulary.entries[: len(OLD.vocabulary)] == OLD.vocabulary.entries
    assert {"zyx", "room7", "zyx at"} <= set(NEW.vocabulary.entries[len(OLD.vocabulary) :])
    assert NEW.context.index["city", "category"].values == ["paris", "rome", "oslo"]
    assert NEW.context.index["count", "number"].mean == OLD.context.index["count", "number"].mean
    assert NEW.entities == {"city": ["oslo"], "size": ["big"]}
    assert NEW.width == OLD.width + 1 + 1 + 3  # an action, a city, and a size with one value


def test_the_new_begins_as_what_it_counted_as() -> None:
    growth = FeatureExpansion.between(OLD, NEW)
    words = {entry: growth.words[n] for n, entry in enumerate(NEW.vocabulary.entries)}
    assert (words["zyx"], words["room7"], words["zyx at"]) == (0, 1, NOTHING)
    first = len(NEW.actions) + 1
    city = first + NEW.context.categories["city"][1]["oslo"]
    unseen = len(OLD.actions) + 1 + OLD.context.index["city", "category"].start + 1
    assert growth.columns[city] == unseen
    size = first + NEW.context.index["size", "category"].start
    assert growth.columns[size : size + 3].tolist() == [NOTHING] * 3
    assert growth.columns[NEW.action_space.index["dance"]] == NOTHING


@given(several)
def test_every_old_column_is_found_again(some: list[Dialogue]) -> None:
    growth = FeatureExpansion.between(OLD, NEW)
    assert growth.columns[growth.places].tolist() == list(range(OLD.width))
    known = [
        Dialogue(d.id, tuple(Turn(None, t.features, t.available, t.actions) for t in d.turns))
        for d in some
        if not any(t.features.get("city") == "oslo" for t in d.turns)
    ]
    if known:
        assert same(
            growth.moved(dataset(known), len(OLD.actions), len(NEW.actions)), dataset(known, NEW)
        )


@given(several, several)
def test_joined_and_taken_apart_they_are_the_same(
    one: list[Dialogue], other: list[Dialogue]
) -> None:
    both = joined([dataset(one), dataset(other)])
    assert same(both, dataset([*one, *other]))
    assert same(take(both, np.arange(len(one))), dataset(one))
    backwards = np.arange(len(one) + len(other))[::-1]
    assert same(take(both, backwards), dataset([*one, *other][::-1]))


@given(st.lists(dialogues, max_size=4))
def test_packed_and_unpacked_they_are_the_same(some: list[Dialogue]) -> None:
    arrays = pack(dataset(some))
    assert same(unpack(arrays), dataset(some))
    assert sum(array.nbytes for array in arrays.values()) < 200 * (1 + sum(dataset(some).lengths))


def test_answers_for_whole_dialogues_are_taken_with_them() -> None:
    some = [
        Dialogue(str(n), (Turn("find"), Turn("no")) * n, {"kind": k})
        for n, k in ((1, "a"), (2, "b"))
    ]
    whole = build(some, OLD, ActionSpace("ab"), lambda dialogue: [(dialogue.meta["kind"],)])
    last = take(whole, np.array([1]))
    assert last.lengths.tolist() == [4]
    assert last.targets.flat.tolist() == [1]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_words_seen_too_seldom_get_no_row(count: int) -> None:
    said = [Dialogue(str(n), (Turn("quux"),)) for n in range(count)]
    grown = OLD.extended(said, FeatureSettings(min_count=2), {})
    assert ("quux" in grown.vocabulary.index) == (count == 2)
