"""What some dialogues alone would have taught is what is left of a dataset without the others."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import TurnArrays, build
from cueline.dataset.forgetting import forgetting
from cueline.dialogue import Dialogue
from cueline.features import Featurizer
from cueline.settings import FeatureSettings
from tests.policies import dialogues

Named = list[tuple[list[str], set[tuple[str, str]]]]
several = st.lists(dialogues, min_size=2, max_size=8)


def named(dataset: Dataset, turns: TurnArrays, featurizer: Featurizer) -> Named:
    """Each turn's words, and its columns of features, by name."""
    first, names = len(featurizer.actions) + 1, {}
    for feature in featurizer.context.features:
        own = {"category": ["there", "unseen", *feature.values]}.get(
            feature.kind, ["there", *map(str, range(1, feature.width))]
        )
        for place, value in enumerate(own):
            names[first + feature.start + place] = (f"{feature.name} {feature.kind}", value)
    said = dataset.utterances.take(turns.utterance)
    return [
        (
            [featurizer.vocabulary.entries[word] for word in said[row].tolist()],
            {names[column] for column in turns.columns[row].tolist() if column >= first},
        )
        for row in range(len(said))
    ]


def fitted(some: list[Dialogue], min_count: int) -> tuple[Dataset, Featurizer]:
    featurizer = Featurizer.fit(some, FeatureSettings(min_count=min_count), {})
    return build(some, featurizer, ActionSpace(featurizer.actions)), featurizer


@settings(max_examples=60)
@given(several, st.integers(1, 3), st.data())
def test_it_is_as_if_only_those_dialogues_had_been_there(
    some: list[Dialogue], min_count: int, data: st.DataObject
) -> None:
    known = np.array(data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some))))
    assume(known.any())
    dataset, featurizer = fitted(some, min_count)
    without = forgetting(dataset, known, featurizer, min_count)
    alone = Featurizer.fit(
        [one for one, kept in zip(some, known, strict=True) if kept],
        FeatureSettings(min_count=min_count),
        {},
    )
    expected = build(some, alone, ActionSpace(featurizer.actions))
    assert named(without, without.turns, featurizer) == named(expected, expected.turns, alone)
    assert named(without, without.value_masked, featurizer) == named(
        expected, expected.value_masked, alone
    )
    columns, turns = without.turns.columns, without.turns
    assert len(turns.values) == len(columns.flat)
    for row in range(len(columns)):  # a network adds up what stands twice
        assert len(set(columns[row].tolist())) == len(columns[row])


def test_an_action_that_only_others_did_was_never_done_before() -> None:
    from cueline.dialogue import Turn

    some = [
        Dialogue("a", (Turn("x", actions=("ask",)), Turn("x", actions=("ask",)))),
        Dialogue("b", (Turn("x", actions=("book",)), Turn("x", actions=("ask",)))),
    ]
    dataset, featurizer = fitted(some, 1)
    without = forgetting(dataset, np.array([True, False]), featurizer, 1)
    assert without.turns.columns.lengths.tolist() == [0, 1, 0, 0]
    assert dataset.turns.columns.lengths.tolist() == [0, 1, 0, 1]
