"""A dialogue as the arrays of the lesson, and layers with weights that are always the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.features import Featurizer, TurnVector
from cueline.features.tokenizer import words
from cueline.layers import LSTM
from cueline.layers.encoders import Pool
from cueline.lessons.lesson import Numbers
from cueline.settings import FeatureSettings

EMBEDDING, UNITS = 4, 6
"""Small enough to be read."""
SEED = 0
MEMORABLE = 3
"""Forget gates nearly open, so that what was remembered still shows after many turns."""
SAID_INSTEAD = ("never mind", "tell me more")


def drawn(layer: Any, *shape: int) -> Any:
    """`layer`, built for inputs of (B, *shape), its matrices drawn from the seed.

    Layers with the same weight shapes get the same weights, on every backend. Biases are 0, but for
    the forget gates': there Keras's 1 becomes `MEMORABLE`.
    """
    layer.build((None, *shape))
    dice = np.random.default_rng(SEED)
    spread = 1.0 if isinstance(layer, keras.layers.Embedding) else None
    layer.set_weights(
        [
            dice.normal(0, spread or len(array) ** -0.5, array.shape)
            if array.ndim > 1
            else array * MEMORABLE
            for array in layer.get_weights()
        ]
    )
    return layer


def array(tensor: Any) -> Numbers:
    """The numbers of a tensor of any backend."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def weights(layer: Any) -> tuple[tuple[int, ...], ...]:
    """The shapes of the weights of `layer`."""
    return tuple(tuple(weight.shape) for weight in layer.weights)


class LessonArrays:
    """One dialogue, and the same with another first or last turn, as arrays.

    Everything is fitted on this dialogue alone, so that the shapes stay small. A batch of one:
    B = 1 everywhere. Raises `CorpusError` for a dialogue without turns or without any action.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.space = ActionSpace.of([dialogue])
        if not self.space.names:
            raise CorpusError(
                f"dialogue {dialogue.id!r} has no action to decide; name another with --dialogue"
            )
        self.count = len(dialogue.turns)
        self.other_first, self.other_last = changed(dialogue, 0), changed(dialogue, self.count - 1)
        self.featurizer = Featurizer.fit(
            [dialogue, self.other_first, self.other_last],
            FeatureSettings(min_count=1, pairs=False),
            {},
        )
        self.embedding = drawn(
            keras.layers.Embedding(len(self.featurizer.vocabulary), EMBEDDING), 1
        )

    def words(self, dialogue: Dialogue) -> tuple[Numbers, Numbers]:
        """Word numbers, and which of them are real. *Shapes:* (1, T, W) twice."""
        rows = [vector.words for vector in self._vectors(dialogue)]
        width = max(1, *map(len, rows))
        numbers = np.zeros((1, len(rows), width), np.int32)
        for turn, row in enumerate(rows):
            numbers[0, turn, : len(row)] = row
        lengths = np.array([list(map(len, rows))])[..., None]
        return numbers, np.arange(width) < lengths

    def vectors(self, dialogue: Dialogue) -> Numbers:
        """Turn vectors: the mean of the embedded words, then the context. *Shape:* (1, T, F)."""
        numbers, real = self.words(dialogue)
        share = real / np.maximum(real.sum(-1, keepdims=True), 1)
        pooled = array(Pool()(self.embedding(numbers), share.astype(np.float32)))
        return np.concatenate([pooled, self.context(dialogue)], axis=-1)

    def context(self, dialogue: Dialogue) -> Numbers:
        """What else is known before acting. *Shape:* (1, T, C)."""
        context = np.zeros((1, len(dialogue.turns), self.featurizer.width), np.float32)
        for turn, vector in enumerate(self._vectors(dialogue)):
            context[0, turn, list(vector.columns)] = vector.values
        return context

    @cached_property
    def x(self) -> Numbers:
        """The dialogue's turn vectors. *Shape:* (1, T, F)."""
        return self.vectors(self.dialogue)

    @cached_property
    def last(self) -> Numbers:
        """What an LSTM gives after the last turn. *Shape:* (1, U)."""
        return array(drawn(LSTM(UNITS), *self.x.shape[1:])(self.x))

    @cached_property
    def every(self) -> Numbers:
        """What the same LSTM gives after every turn. *Shape:* (1, T, U)."""
        return array(drawn(LSTM(UNITS, return_sequences=True), *self.x.shape[1:])(self.x))

    @cached_property
    def y(self) -> Numbers:
        """The bits that the system set. *Shape:* (1, T, A)."""
        bits = [self.space.bits(turn.actions or ()) for turn in self.dialogue.turns]
        return np.array([bits], np.float32)

    def _vectors(self, dialogue: Dialogue) -> Sequence[TurnVector]:
        vectors, previous = [], list[int]()
        for turn in dialogue.turns:
            vectors.append(self.featurizer.turn(turn, previous))
            previous = self.featurizer.action_space.ids(turn.actions or ())
        return vectors


def changed(dialogue: Dialogue, place: int) -> Dialogue:
    """The same dialogue, but for what the user says at one turn."""
    turns = list(dialogue.turns)
    said = set(words(turns[place].user or "", 100))
    other = next(text for text in SAID_INSTEAD if set(text.split()) != said)
    turns[place] = replace(turns[place], user=other)
    return replace(dialogue, turns=tuple(turns))
