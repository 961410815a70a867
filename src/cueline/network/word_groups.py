"""The utterances of a batch as padded arrays, with little padding.

Most utterances are short and a few are long. Where any shape will do (torch), they come in groups
of like length, each as wide as its longest; a backend that compiles a program for each shape gets
them all in one group, of few shapes.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from cueline.features import Ragged
from cueline.features.ragged import Ints

Arrays = dict[str, npt.NDArray[Any]]
SHARES = 0.4, 0.65, 0.85, 0.95
"""Of the utterances, shortest first, where one group ends and the next begins."""
LEAST_WORDS = 16


def group_count() -> int:
    """How many groups the utterances of a batch come in."""
    return len(SHARES) + 1 if keras.backend.backend() == "torch" else 1


def grouped(utterances: Ragged, rows: int, last: bool) -> tuple[Arrays, Ints]:
    """Words and weights by group, and the row of each utterance in all groups one after the other.

    The weights are 1/sqrt(n) for each of n words, or with `last` 1 at the last. `rows` are those of
    a group that must have one shape. *Shapes:* (U, W) each, (U,).
    """
    if group_count() == 1:
        words, weight = _padded(utterances, rows, _round(utterances.lengths.max(initial=0)), last)
        return {"words_0": words, "word_weight_0": weight}, np.arange(len(utterances))
    order = np.argsort(utterances.lengths, kind="stable")
    ends = (np.array(SHARES) * len(order)).astype(int)
    arrays: Arrays = {}
    place, first = np.empty(len(order), np.int64), 0
    for number, members in enumerate(np.split(order, ends)):
        group = utterances.take(members)
        size = max(len(members), 1)  # an empty one still has a row, of padding
        words, weight = _padded(group, size, max(group.lengths.max(initial=0), 1), last)
        arrays[f"words_{number}"], arrays[f"word_weight_{number}"] = words, weight
        place[members] = first + np.arange(len(members))
        first += size
    return arrays, place


def _padded(
    utterances: Ragged, rows: int, width: int, last: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """*Shapes:* (rows, width) twice."""
    lengths = utterances.lengths
    words = np.zeros((rows, width), np.int32)
    weight = np.zeros((rows, width), np.float32)
    row = utterances.row_of_each()
    column = np.arange(len(row)) - np.repeat(utterances.starts[:-1], lengths)
    words[row, column] = utterances.flat
    if last:
        filled = lengths > 0
        weight[np.flatnonzero(filled), lengths[filled] - 1] = 1
    else:
        weight[row, column] = 1 / np.sqrt(lengths[row])
    return words, weight


def _round(length: int) -> int:
    width = LEAST_WORDS
    while width < length:
        width *= 2
    return width
