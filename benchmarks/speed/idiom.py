"""The network as Keras users write it: a grid of padded words, masked, and everything distributed.

All dialogues are padded to the longest dialogue, and all turns to the longest turn, of the corpus.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import keras
import numpy as np
from benchmarks.speed.sizes import CLIP, EMBEDDING, RATE, UNITS, WORD_UNITS
from keras import layers

from cueline.dataset import Dataset

WARM_UP, STEPS = 2, 5
"""Steps before the clock starts, which compile, and steps on the clock."""


class Grid(NamedTuple):
    """*Shapes:* words (D, T, W), context (D, T, C), y (D, T, A), weight (D, T)."""

    words: Any
    context: Any
    y: Any
    weight: Any

    @classmethod
    def of(cls, dataset: Dataset, longest: tuple[int, int], columns: int, actions: int) -> Grid:
        """All dialogues of `dataset`, padded to `longest` turns and words."""
        shape = len(dataset.lengths), longest[0]
        row = np.repeat(np.arange(shape[0]), dataset.lengths)
        step = np.arange(len(row)) - np.repeat(dataset.dialogues[:-1], dataset.lengths)
        words = np.zeros((*shape, longest[1]), np.int32)
        said = dataset.utterances.take(dataset.turns.utterance)
        turn = said.row_of_each()
        word = np.arange(len(turn)) - np.repeat(said.starts[:-1], said.lengths)
        words[row[turn], step[turn], word] = said.flat + 1  # 0 is the padding
        context = np.zeros((*shape, columns), np.float32)
        turn = dataset.turns.columns.row_of_each()
        context[row[turn], step[turn], dataset.turns.columns.flat] = dataset.turns.values
        y = np.zeros((*shape, actions), np.float32)
        turn = dataset.targets.row_of_each()
        y[row[turn], step[turn], dataset.targets.flat] = 1
        weight = np.zeros(shape, np.float32)
        weight[row, step] = 1
        return cls(words, context, y, weight)

    def some(self, dialogues: Any) -> Grid:
        """Those dialogues."""
        return Grid(*(array[dialogues] for array in self))


def longest(*datasets: Dataset) -> tuple[int, int]:
    """Turns of the longest dialogue and words of the longest turn."""
    turns = max(int(dataset.lengths.max()) for dataset in datasets)
    return turns, max(int(dataset.utterances.lengths.max()) for dataset in datasets)


def model(words: int, grid: Grid) -> keras.Model:
    """The idiom, compiled."""
    keras.utils.set_random_seed(0)
    said = keras.Input(grid.words.shape[1:], dtype="int32")
    context = keras.Input(grid.context.shape[1:])
    embedded = layers.Embedding(words + 1, EMBEDDING, mask_zero=True)(said)
    turns = layers.TimeDistributed(layers.LSTM(WORD_UNITS))(embedded)
    known = layers.Concatenate()([turns, context])
    outputs = layers.LSTM(UNITS, return_sequences=True)(known)
    dense = layers.Dense(grid.y.shape[-1], activation="sigmoid")
    made = keras.Model([said, context], layers.TimeDistributed(dense)(outputs))
    made.compile(keras.optimizers.Adam(RATE, global_clipnorm=CLIP), "binary_crossentropy")
    return made


def timed(idiom: keras.Model, grid: Grid, size: int) -> tuple[float, float]:
    """Seconds and real turns of a few steps of `size` dialogues."""
    drawn = np.random.default_rng(0).permutation(len(grid.words))
    if len(drawn) < size * (WARM_UP + STEPS):
        drawn = np.resize(drawn, size * (WARM_UP + STEPS))
    fit(idiom, grid.some(drawn[: size * WARM_UP]), size, 1)
    some = grid.some(drawn[size * WARM_UP : size * (WARM_UP + STEPS)])
    began = time.perf_counter()
    fit(idiom, some, size, 1)
    return time.perf_counter() - began, float(some.weight.sum())


def fit(idiom: keras.Model, grid: Grid, size: int, epochs: int) -> None:
    """Train it; padding counts for nothing."""
    idiom.fit(
        [grid.words, grid.context],
        grid.y,
        sample_weight=grid.weight,
        batch_size=size,
        epochs=epochs,
        verbose=0,
    )


def decided(idiom: keras.Model, grid: Grid, size: int) -> np.ndarray:
    """The bits that are on at every real turn. *Shape:* (N, A)."""
    probabilities = idiom.predict([grid.words, grid.context], batch_size=size, verbose=0)
    return np.asarray(probabilities[grid.weight > 0] > 0.5)
