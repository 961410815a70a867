"""A 64-bit key for each turn: equal turns have equal keys, in every corpus and on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset
from cueline.dataset.ragged import within

Keys = npt.NDArray[np.uint64]


def whole_turns(dataset: Dataset) -> Keys:
    """Keys made of the whole turn: words, previous actions, context. *Shape:* (N,)."""
    utterances, turns = dataset.utterances, dataset.turns
    words = _sums(
        mixed(mixed(within(utterances.lengths)) + _unsigned(utterances.flat)), utterances.starts
    )
    # The order of a turn's features does not matter, hence a plain sum.
    bits = np.ascontiguousarray(turns.values + np.float32(0)).view(np.uint32)  # -0.0 becomes 0.0
    entries = mixed(mixed(turns.columns.flat) + _unsigned(bits))
    return mixed(words[turns.utterance] + mixed(_sums(entries, turns.columns.starts)))


def previous_actions(dataset: Dataset, actions: int) -> Keys:
    """Keys made of the actions at the turn before, in columns 0 to `actions`. *Shape:* (N,)."""
    columns = dataset.turns.columns
    entries = np.where(columns.flat < actions, mixed(columns.flat), np.uint64(0))
    return mixed(_sums(entries, columns.starts))


def mixed(numbers: npt.NDArray[Any]) -> Keys:
    """Numbers scrambled, so that their sums differ too (splitmix64; Steele et al., 2014)."""
    z = _unsigned(numbers) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _unsigned(numbers: npt.NDArray[Any]) -> Keys:
    return numbers.astype(np.uint64)


def _sums(items: Keys, starts: npt.NDArray[np.int64]) -> Keys:
    """Sum of each row's items, modulo 2^64. *Shapes:* (total,), (rows + 1,) -> (rows,)."""
    sums = np.zeros(len(items) + 1, np.uint64)
    np.cumsum(items, out=sums[1:])
    return sums[starts[1:]] - sums[starts[:-1]]
