"""From a featurizer to an extended one: the new number of everything, and what new things resemble.

Everything is matched by name, so it holds whatever the numbers are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cueline.dataset.dataset import Dataset, TurnArrays, packed
from cueline.dataset.ragged import Ragged
from cueline.features.context import Context
from cueline.features.featurizer import Featurizer
from cueline.features.vocabulary import Vocabulary, unseen
from cueline.types import Ints

NOTHING = -1
"""The origin of what resembles nothing old."""


class FeatureExpansion(NamedTuple):
    """For each number of the extended featurizer, the old one that meant the same: its *origin*.

    What had no number of its own has the one that it counted as: a new word has the unknown word's,
    a new value its feature's unseen value's. New pairs, features and actions have
    `NOTHING`. A network whose new rows are copied from their origins, or are zero, decides as
    before (Net2Net, Chen et al., 2016).
    """

    words: Ints
    """*Shape:* (V,)."""
    columns: Ints
    """*Shape:* (C,)."""
    places: Ints
    """The other way round: where each old column is now. *Shape:* (old C,)."""

    @classmethod
    def between(cls, old: Featurizer, new: Featurizer) -> FeatureExpansion:
        """From `old` to `new`, which extends it."""
        actions = [old.action_space.index.get(name, NOTHING) for name in new.actions]
        context = [
            c if c == NOTHING else len(old.actions) + 1 + c
            for c in _origins(old.context, new.context)
        ]
        columns = np.array([*actions, len(old.actions), *context], np.int64)
        places = np.zeros(old.width, np.int64)
        kept = np.flatnonzero(columns != NOTHING)[
            ::-1
        ]  # the first of several copies is the old one
        places[columns[kept]] = kept
        return cls(_word_origins(old.vocabulary, new.vocabulary), columns, places)

    def moved(self, dataset: Dataset, old_actions: int, actions: int) -> Dataset:
        """`dataset`, made by the old featurizer, as the extended one would make it.

        Words keep their numbers: one that was unknown stays unknown. New actions, which come after
        the old ones, are allowed where all of those are.
        """
        allowed = dataset.allowed(old_actions)
        new = np.repeat(allowed.all(axis=1, keepdims=True), actions - old_actions, axis=1)
        return replace(
            dataset,
            turns=self._moved(dataset.turns),
            value_masked=self._moved(dataset.value_masked),
            masks=packed(np.hstack([allowed, new])),
        )

    def _moved(self, turns: TurnArrays) -> TurnArrays:
        flat = self.places[turns.columns.flat].astype(np.int32)
        return replace(turns, columns=Ragged(flat, turns.columns.starts))


def _word_origins(old: Vocabulary, new: Vocabulary) -> Ints:
    def origin(entry: str) -> int:
        return old.index.get(entry, NOTHING if " " in entry else unseen(entry))

    return np.array([origin(entry) for entry in new.entries], np.int64)


def _origins(old: Context, new: Context) -> list[int]:
    origins: list[int] = []
    for feature in new.features:
        before = old.index.get((feature.name, feature.kind))
        if before is None:
            origins += [NOTHING] * feature.width
        else:
            origins += range(before.start, before.start + before.width)
            origins += [before.start + 1] * (feature.width - before.width)
    return origins
