"""A dialogue as the arrays of the lesson."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.features import Featurizer, TurnVector
from cueline.lessons.lesson import Values
from cueline.lessons.numpy_layers import embedding_weights, lstm
from cueline.settings import FeatureSettings
from cueline.tokenizer import words

EMBEDDING, UNITS = 4, 6
"""Small enough to be read."""
REPLACEMENTS = ("never mind", "tell me more")
"""What the user says instead, where one turn is changed."""


class DialogueArrays:
    """One dialogue, and the same with another first or last turn, as arrays.

    Everything is fitted to this dialogue alone, so that the shapes stay small. The batch is one
    dialogue: B = 1. Raises `CorpusError` for a dialogue without any action.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.space = ActionSpace.of([dialogue])
        if not self.space.names:
            raise CorpusError(
                f"dialogue {dialogue.id!r} has no action to decide; name another with --dialogue"
            )
        self.count = len(dialogue.turns)
        self.other_first = changed(dialogue, 0)
        self.other_last = changed(dialogue, self.count - 1)
        self.featurizer = Featurizer.fit(
            [dialogue, self.other_first, self.other_last],
            FeatureSettings(min_count=1, pairs=False),
            {},
        )
        self.embedding = embedding_weights(len(self.featurizer.vocabulary), EMBEDDING)

    def words(self, dialogue: Dialogue) -> tuple[Values, Values]:
        """Word numbers, and which of them are real. *Shapes:* (1, T, W) twice."""
        rows = [vector.words for vector in self._vectors(dialogue)]
        width = max(1, *map(len, rows))
        numbers = np.zeros((1, len(rows), width), np.int32)
        for turn, row in enumerate(rows):
            numbers[0, turn, : len(row)] = row
        lengths = np.array([list(map(len, rows))])[..., None]
        return numbers, np.arange(width) < lengths

    def vectors(self, dialogue: Dialogue) -> Values:
        """Turn vectors: the mean of the embedded words, then the context. *Shape:* (1, T, F)."""
        numbers, real = self.words(dialogue)
        share = (real / np.maximum(real.sum(-1, keepdims=True), 1)).astype(np.float32)
        mean = np.einsum("btw,btwe->bte", share, self.embedding[numbers])
        return np.concatenate([mean, self.context(dialogue)], axis=-1)

    def context(self, dialogue: Dialogue) -> Values:
        """What else is known before acting. *Shape:* (1, T, C)."""
        context = np.zeros((1, len(dialogue.turns), self.featurizer.width), np.float32)
        for turn, vector in enumerate(self._vectors(dialogue)):
            context[0, turn, list(vector.columns)] = vector.values
        return context

    @cached_property
    def x(self) -> Values:
        """The dialogue's turn vectors. *Shape:* (1, T, F)."""
        return self.vectors(self.dialogue)

    @cached_property
    def outputs(self) -> Values:
        """What an LSTM gives after every turn. *Shape:* (1, T, U)."""
        return lstm(self.x, UNITS)

    @cached_property
    def y(self) -> Values:
        """The bits that the system set. *Shape:* (1, T, A)."""
        bits = [self.space.bits(turn.actions or ()) for turn in self.dialogue.turns]
        return np.array([bits], np.float32)

    def _vectors(self, dialogue: Dialogue) -> Sequence[TurnVector]:
        vectors, previous = [], list[int]()
        for turn in dialogue.turns:
            vectors.append(self.featurizer.turn(turn, previous))
            previous = self.featurizer.action_space.ids(turn.actions or ())
        return vectors


def changed(dialogue: Dialogue, number: int) -> Dialogue:
    """The same dialogue, but for what the user says at one turn."""
    turns = list(dialogue.turns)
    before = set(words(turns[number].user or "", 100))
    other = next(text for text in REPLACEMENTS if set(text.split()) != before)
    turns[number] = replace(turns[number], user=other, spans=())
    return replace(dialogue, turns=tuple(turns))
