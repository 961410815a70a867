"""The words of a batch's distinct utterances, laid out as its backend runs them best.

Two layouts, the same numbers: torch takes flat arrays, in which no padding is ever computed; JAX
compiles a program for each shape, so there the words are padded to a few. `layout()` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from cueline.features import Ragged
from cueline.features.ragged import Ints
from cueline.network.layers.encoders import BagOfWords, Pool, WordLSTM

Arrays = dict[str, npt.NDArray[Any]]
LEAST_WORDS = 16


class Layout(Protocol):
    """How the words of `U` utterances become arrays, and these the encodings of the utterances."""

    def inputs(self, recurrent: bool) -> dict[str, Any]:
        """Keras inputs for the arrays; `recurrent` for a word LSTM in place of a bag."""

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """The arrays, and the row of each utterance among the encodings. *Shape:* (U,).

        `rows` are those of an array that must have one shape.
        """

    def encodings(
        self, inputs: Mapping[str, Any], embedding: Any, encoder: Any, dropout: Any
    ) -> Any:
        """The encodings, (rows, E): by an `encoder`, or a bag some of whose words drop out."""


class Flat:
    """Word after word, without padding."""

    def inputs(self, recurrent: bool) -> dict[str, Any]:
        """See `arrays`."""
        names = ("vocabulary", "words", "word_counts") if recurrent else ("words", "word_starts")
        found = {name: keras.Input((), dtype="int32", name=name) for name in names}
        return found if recurrent else {**found, "word_weight": keras.Input((), name="word_weight")}

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """A bag's words (N,) with weights 1/sqrt(n), and where each utterance starts, (U,).

        For an LSTM the distinct words (D,) and, utterances longest first, which of them are all
        first words, all second ones and so on, (N,), and how many each of those are.
        """
        if recurrent:
            return _by_step(utterances)
        weight = _weights(utterances)
        starts = utterances.starts[:-1].astype(np.int32)
        arrays = {"words": utterances.flat, "word_starts": starts, "word_weight": weight}
        return arrays, np.arange(len(utterances))

    def encodings(
        self, inputs: Mapping[str, Any], embedding: Any, encoder: Any, dropout: Any
    ) -> Any:
        """As the protocol says."""
        words = inputs["words"]
        if encoder:
            layer = WordLSTM(embedding, encoder)
            return layer(inputs["vocabulary"], words, inputs["word_counts"])
        return BagOfWords(embedding)(words, inputs["word_starts"], dropout(inputs["word_weight"]))


class Padded:
    """A row of words an utterance, as wide as the longest of them, or wider."""

    def inputs(self, recurrent: bool) -> dict[str, Any]:
        """See `arrays`."""
        words = keras.Input((None,), dtype="int32", name="words")
        return {"words": words, "word_weight": keras.Input((None,), name="word_weight")}

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """Words and weights, (rows, W): 1/sqrt(n) for each of n, or for an LSTM 1 at the last."""
        lengths = utterances.lengths
        width = _round(lengths.max(initial=0))
        words = np.zeros((rows, width), np.int32)
        weight = np.zeros((rows, width), np.float32)
        row = utterances.row_of_each()
        column = np.arange(len(row)) - np.repeat(utterances.starts[:-1], lengths)
        words[row, column] = utterances.flat
        if recurrent:
            filled = lengths > 0
            weight[np.flatnonzero(filled), lengths[filled] - 1] = 1
        else:
            weight[row, column] = _weights(utterances)
        return {"words": words, "word_weight": weight}, np.arange(len(utterances))

    def encodings(
        self, inputs: Mapping[str, Any], embedding: Any, encoder: Any, dropout: Any
    ) -> Any:
        """As the protocol says."""
        embedded, weight = embedding(inputs["words"]), inputs["word_weight"]
        return Pool()(encoder(embedded), weight) if encoder else Pool()(embedded, dropout(weight))


def layout() -> Layout:
    """That of the backend."""
    return Flat() if keras.backend.backend() == "torch" else Padded()


def _weights(utterances: Ragged) -> npt.NDArray[np.float32]:
    """Of each word in a bag. *Shape:* (N,)."""
    return (1 / np.sqrt(utterances.lengths[utterances.row_of_each()])).astype(np.float32)


def _by_step(utterances: Ragged) -> tuple[Arrays, Ints]:
    order = np.argsort(-utterances.lengths, kind="stable")
    lengths = utterances.lengths[order]
    counts = np.searchsorted(-lengths, -np.arange(lengths.max(initial=0)))
    step = np.repeat(np.arange(len(counts)), counts)
    row = np.arange(len(step)) - np.repeat(np.cumsum(counts) - counts, counts)
    words = utterances.flat[utterances.starts[order[row]] + step]
    vocabulary, number = np.unique(words, return_inverse=True)
    place = np.empty(len(order), np.int64)
    place[order] = np.minimum(np.arange(len(order)), counts.max(initial=0))  # silent ones: zeros
    arrays = {"vocabulary": vocabulary, "words": number, "word_counts": counts}
    return {name: array.astype(np.int32) for name, array in arrays.items()}, place


def _round(length: int) -> int:
    width = LEAST_WORDS
    while width < length:
        width *= 2
    return width
