"""A corpus counted in parts gives the featurizer of the whole, however it is parted."""

from __future__ import annotations

import pickle

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue
from cueline.features import Featurizer
from cueline.features.counts import FeatureCounts
from cueline.features.entities import lexicon
from cueline.settings import FeatureSettings
from tests.policies import dialogues

SETTINGS = FeatureSettings(min_count=2, max_vocabulary=6, max_values=2)
ENTITIES = {"city": ["paris", "oslo"]}
several = st.lists(dialogues, max_size=8)


def counted(some: list[Dialogue], pairs: bool) -> FeatureCounts:
    counts = FeatureCounts.of(some, lexicon(ENTITIES), SETTINGS.max_words, pairs)
    return pickle.loads(pickle.dumps(counts))  # as it comes from elsewhere


@given(several, st.lists(st.integers(0, 3), min_size=8, max_size=8), st.booleans(), st.randoms())
def test_the_parts_give_what_the_whole_gives(
    corpus: list[Dialogue], part_of: list[int], pairs: bool, order: st.DataObject
) -> None:
    parts = [
        counted([d for d, part in zip(corpus, part_of, strict=False) if part == number], pairs)
        for number in range(4)
    ]
    order.shuffle(parts)  # type: ignore[attr-defined]
    left, right = FeatureCounts.together(parts[:2]), FeatureCounts.together(parts[2:])
    found = Featurizer.of(FeatureCounts.together([right, left]), SETTINGS, ENTITIES)
    expected = Featurizer.fit(corpus, SETTINGS, ENTITIES, pairs)
    assert msgspec.json.encode(found) == msgspec.json.encode(expected)


@given(several, several)
def test_what_is_new_is_the_same_in_parts(old: list[Dialogue], new: list[Dialogue]) -> None:
    base = Featurizer.fit(old, SETTINGS, ENTITIES)
    parts = [counted([dialogue], pairs=True) for dialogue in reversed(new)]
    found = base.grown(FeatureCounts.together(parts), SETTINGS, {})
    assert msgspec.json.encode(found) == msgspec.json.encode(base.extended(new, SETTINGS, {}))
