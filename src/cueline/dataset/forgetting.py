"""A dataset as it looks to a policy that knows only some of its dialogues.

Words, values of features and whole features that only the others have count as never seen: as if
words, values and features had been found in those dialogues alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cueline.dataset.dataset import Dataset, TurnArrays
from cueline.dataset.ragged import Ragged
from cueline.features import Featurizer
from cueline.features.context import MIN_DIALOGUES
from cueline.features.vocabulary import NUMBER, UNKNOWN, unseen
from cueline.types import Bits

_LEFT_OUT = -1


def forgetting(dataset: Dataset, known: Bits, featurizer: Featurizer, min_count: int) -> Dataset:
    """`dataset` to a policy that knows the dialogues `known`. *Shape:* (D,).

    A word is known from `min_count` times on.
    """
    dialogue = np.repeat(np.arange(len(dataset.lengths)), dataset.lengths)
    words = _words(dataset, known[dialogue], featurizer, min_count)
    columns = _columns(dataset, known, dialogue, featurizer)
    return replace(
        dataset,
        utterances=_renumbered(dataset.utterances, words)[0],
        turns=_turns(dataset.turns, columns),
        value_masked=_turns(dataset.value_masked, columns),
        pages=(),
    )


def _words(
    dataset: Dataset, known: Bits, featurizer: Featurizer, min_count: int
) -> npt.NDArray[np.int64]:
    """What becomes of each word: it stays, is unknown, or, of a pair, nothing. *Shape:* (V,)."""
    entries = featurizer.vocabulary.entries
    said = dataset.utterances.take(dataset.turns.utterance[known])
    counts = np.bincount(said.flat, minlength=len(entries))
    became = np.arange(len(entries))
    for number in np.flatnonzero(counts < min_count).tolist():
        if number not in (UNKNOWN, NUMBER):
            entry = entries[number]
            became[number] = _LEFT_OUT if " " in entry else unseen(entry)
    return became


def _columns(
    dataset: Dataset, known: Bits, dialogue: npt.NDArray[np.int64], featurizer: Featurizer
) -> npt.NDArray[np.int64]:
    """What becomes of each column: it stays, is an unseen value, or nothing. *Shape:* (C,)."""
    columns, width = dataset.turns.columns, featurizer.width
    pairs = np.unique(dialogue[columns.row_of_each()] * width + columns.flat)
    seen_by, column = np.divmod(pairs, width)
    dialogues = np.bincount(column[known[seen_by]], minlength=width)
    became = np.arange(width)
    first = len(featurizer.actions) + 1
    became[: first - 1][dialogues[: first - 1] == 0] = _LEFT_OUT
    for feature in featurizer.context.features:
        own = slice(first + feature.start, first + feature.start + feature.width)
        if not dialogues[own.start]:
            became[own] = _LEFT_OUT
        elif feature.kind == "category":
            values = became[own][2:]
            values[dialogues[own][2:] < MIN_DIALOGUES] = own.start + 1
    return became


def _turns(turns: TurnArrays, became: npt.NDArray[np.int64]) -> TurnArrays:
    columns, kept = _renumbered(turns.columns, became)
    values = turns.values[kept]
    pairs = columns.row_of_each() * len(became) + columns.flat
    _, once = np.unique(pairs, return_index=True)  # two values unseen are one unseen
    once.sort()
    return replace(turns, columns=_only(columns, once), values=values[once])


def _renumbered(
    rows: Ragged, became: npt.NDArray[np.int64]
) -> tuple[Ragged, npt.NDArray[np.int64]]:
    """`rows` with each item as it became, and which items are left."""
    items = became[rows.flat]
    kept = np.flatnonzero(items != _LEFT_OUT)
    return _only(Ragged(items.astype(rows.flat.dtype), rows.starts), kept), kept


def _only(rows: Ragged, kept: npt.NDArray[np.int64]) -> Ragged:
    """The items of `rows` at those places, which ascend."""
    return Ragged(rows.flat[kept], np.searchsorted(kept, rows.starts))
