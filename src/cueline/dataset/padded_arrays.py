"""A dataset as padded NumPy arrays: for Keras's `fit`, a training loop of your own, or ONNX."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from cueline.dataset.dataset import Dataset
from cueline.dataset.ragged import within
from cueline.settings import NetworkSettings
from cueline.types import Array, Ints


class TrainingArrays(TypedDict):
    """What `model.fit(**arrays)` takes: `B` dialogues of at most `T` turns of `W` words.

    Padding is on the right. Only `sample_weight` says which turns are real; no value does.
    """

    x: dict[str, npt.NDArray[Any]]
    """The inputs by name. *Shapes:*

    - `words` (B, T, W): numbers of words and word pairs;
    - `word_weight` (B, T, W): by which word vectors are summed, 0 at padding;
    - `context` (B, T, C): previous actions and features;
    - `allowed` (B, T, A): 1 where an action is available and no precondition forbids it.

    With answers per dialogue, `allowed` is (B, A), and `last` (B, T) is 1 at each last turn.
    """
    y: Array
    """The right bits. *Shape:* (B, T, A); with answers per dialogue (B, A)."""
    sample_weight: Array
    """1 at real turns, 0 at padding. *Shape:* (B, T); with answers per dialogue (B,)."""


def padded_arrays(
    dataset: Dataset, network: NetworkSettings, actions: int, columns: int
) -> TrainingArrays:
    """All dialogues of `dataset` at once; the context is `columns` wide."""
    size = dialogues, _ = len(dataset.lengths), int(dataset.lengths.max(initial=0))
    each = np.arange(dialogues)
    turns = np.repeat(each, dataset.lengths), within(dataset.lengths)
    x = _words(dataset, size, turns, network) | {"context": _context(dataset, size, turns, columns)}
    answers: tuple[Ints, ...] = turns
    shape: tuple[int, ...] = size
    if network.answer == "dialogue":
        x["last"] = _filled(size, (each, dataset.lengths - 1), 1)
        answers, shape = (each,), (dialogues,)
    x["allowed"] = np.ones((*shape, actions), np.float32)
    x["allowed"][answers] = dataset.allowed(actions)
    row = dataset.targets.row_of_each()
    bits = *(axis[row] for axis in answers), dataset.targets.flat
    return {
        "x": x,
        "y": _filled((*shape, actions), bits, 1),
        "sample_weight": _filled(shape, answers, 1),
    }


def _words(
    dataset: Dataset, size: tuple[int, int], turns: tuple[Ints, Ints], network: NetworkSettings
) -> dict[str, npt.NDArray[Any]]:
    """Words, and their weights: 1/sqrt(n) for each of n words in a bag, 1 for the LSTM's last word.

    *Shapes:* (B, T, W) twice.
    """
    words = dataset.utterances.take(dataset.turns.utterance)
    row, place = words.row_of_each(), within(words.lengths)
    length = words.lengths[row]
    cells = turns[0][row], turns[1][row], place
    shape = *size, max(int(length.max(initial=0)), 1)
    weight = place == length - 1 if network.encoder == "lstm" else length**-0.5
    return {
        "words": _filled(shape, cells, words.flat).astype(np.int32),
        "word_weight": _filled(shape, cells, weight),
    }


def _context(
    dataset: Dataset, size: tuple[int, int], turns: tuple[Ints, Ints], columns: int
) -> Array:
    """*Shape:* (B, T, C)."""
    row = dataset.turns.columns.row_of_each()
    cells = turns[0][row], turns[1][row], dataset.turns.columns.flat
    return _filled((*size, columns), cells, dataset.turns.values)


def _filled(shape: tuple[int, ...], cells: tuple[Ints, ...], values: Any) -> Array:
    """Zeros, but for `values` at `cells`."""
    array = np.zeros(shape, np.float32)
    array[cells] = values
    return array
