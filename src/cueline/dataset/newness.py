"""How new each turn of a dataset is: `features.novelty.newness` for many turns at once."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from cueline.dataset.dataset import Dataset, TurnArrays
from cueline.dataset.ragged import Ragged
from cueline.features import Featurizer
from cueline.features.vocabulary import UNKNOWN
from cueline.types import Floats, Ints


def newness(dataset: Dataset, featurizer: Featurizer) -> Floats:
    """The shares of unknown words and of unseen values at each turn. *Shape:* (N, 2)."""
    return of_turns(dataset.utterances, dataset.turns, featurizer)


def of_turns(utterances: Ragged, turns: TurnArrays, featurizer: Featurizer) -> Floats:
    """The same for turns of any dialogues. *Shape:* (N, 2)."""
    lengths = utterances.lengths.astype(np.float64)
    words = _share(_counts(utterances, [UNKNOWN]), lengths)[turns.utterance]
    present, unseen = featurizer.category_columns
    values = _share(_counts(turns.columns, unseen), _counts(turns.columns, present))
    return np.stack([words, values], axis=1)


def _counts(rows: Ragged, items: Collection[int]) -> Floats:
    """How many of `items` are in each row. *Shape:* (rows,)."""
    found = np.isin(rows.flat, list(items))
    return np.asarray(np.bincount(rows.row_of_each(), found, len(rows)), np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(part / np.maximum(whole, 1))


def answered_turns(dataset: Dataset) -> Ints | slice:
    """The turns with an answer: all of them, or the last one of each dialogue."""
    per_turn = len(dataset.targets) == dataset.dialogues[-1]
    return slice(None) if per_turn else dataset.dialogues[1:] - 1
