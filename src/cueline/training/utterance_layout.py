"""The words of a batch's distinct utterances and its context, laid out as the backend likes them.

Two layouts, the same numbers: torch takes flat arrays, in which no padding is ever computed, and
dialogues no longer than they are; JAX compiles a program for each shape, so there both are filled
up to a few. `layout()` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from cueline.dataset import Ragged
from cueline.dataset.ragged import within
from cueline.layers.encoders import pooled, segment_sums, weighted_sums, word_lstm
from cueline.training.sparse_context import SparseContext
from cueline.types import Ints

Arrays = dict[str, npt.NDArray[Any]]
MIN_ROWS = 16
"""Words that a shape is padded to at least."""


class Layout(Protocol):
    """How the words of `U` utterances become arrays, and these the encodings of the utterances."""

    lengths: int
    """Different numbers of turns that batches may have: each may cost a compilation."""

    def shape(self, rows: int, steps: int, lengths: Ints) -> tuple[int, int]:
        """Rows and steps of a batch with dialogues of those `lengths`, at most that many."""

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """The arrays, and the row of each utterance among the encodings. *Shape:* (U,).

        `recurrent` for a word LSTM in place of a bag; of a bag, `word_weight` are the weights of
        its words, 1/sqrt(n) for each of n. `rows` is that of encodings which must have one shape.
        """

    def encodings(self, inputs: Mapping[str, Any], index: Any, embedding: Any, lstm: Any) -> Any:
        """The encodings, (rows, E), from the arrays: by an `lstm`, or else a bag.

        `index` names some of them and has as many entries as `rows`.
        """

    def context(self, context: SparseContext, shape: tuple[int, int, int]) -> Arrays:
        """The arrays of the context of a grid of that shape, (B, T, C)."""

    def product(self, inputs: Mapping[str, Any], encoding: Any, kernel: Any) -> Any:
        """Encodings beside the context, times `kernel`.

        *Shapes:* (B, T, E), (E + C, P) -> (B, T, P).
        """


class Flat:
    """Word after word, without padding."""

    lengths = 5

    def shape(self, rows: int, steps: int, lengths: Ints) -> tuple[int, int]:
        """As many as are needed."""
        return len(lengths), int(lengths.max())

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """A bag's words (N,) and their weights, and where each utterance starts, (U,).

        For an LSTM the tree of how they begin: the distinct words (D,); of each node, all first
        words, then all second ones and so on, which of them it is and the node before, (N,); and
        where the first ones start, the second ones and so on.
        """
        if recurrent:
            return _tree(utterances)
        starts = utterances.starts[:-1].astype(np.int32)
        words = {"words": utterances.flat, "word_weight": _weights(utterances)}
        return {**words, "word_starts": starts}, np.arange(len(utterances))

    def encodings(self, inputs: Mapping[str, Any], index: Any, embedding: Any, lstm: Any) -> Any:
        """As the protocol says."""
        if lstm:
            tree = ("vocabulary", "words", "word_parents", "word_starts")
            return word_lstm(embedding, lstm, *(inputs[name] for name in tree))
        bag = ("words", "word_starts", "word_weight")
        table = ops.convert_to_tensor(embedding.embeddings)
        return weighted_sums(table, *(inputs[name] for name in bag))

    def context(self, context: SparseContext, shape: tuple[int, int, int]) -> Arrays:
        """The columns that are not zero (K,), their values, and where each turn's begin (B T,)."""
        starts = context.starts(shape[0] * shape[1])
        names = ("columns", "column_starts", "column_values")
        return dict(zip(names, (context.columns, starts, context.values), strict=True))

    def product(self, inputs: Mapping[str, Any], encoding: Any, kernel: Any) -> Any:
        """As the protocol says; nothing is computed for columns that are zero."""
        size = encoding.shape[-1]
        names = ("columns", "column_starts", "column_values")
        sums = weighted_sums(kernel[size:], *(inputs[name] for name in names))
        product = ops.matmul(encoding, kernel[:size])
        return product + ops.reshape(sums, product.shape)


class Filled:
    """Filled up to a power of two: the words of a bag, or for an LSTM those of each utterance."""

    lengths = 3

    def shape(self, rows: int, steps: int, lengths: Ints) -> tuple[int, int]:
        """The most, so that batches have few shapes."""
        return rows, steps

    def arrays(self, utterances: Ragged, rows: int, recurrent: bool) -> tuple[Arrays, Ints]:
        """A bag's words, their weights, and the utterance of each, (N,).

        For an LSTM the words, and 1 at the last one of each utterance, (rows, W).
        """
        row, place = utterances.row_of_each(), np.arange(len(utterances))
        if not recurrent:
            # A batch with fewer dialogues gets no shape of its own.
            each = len(row) / len(utterances)
            words = np.zeros(_round(rows * each), np.int32)
            owner = np.full(len(words), rows - 1, np.int32)
            weight = np.zeros(len(words), np.float32)
            here = slice(len(row))
            words[here], owner[here], weight[here] = utterances.flat, row, _weights(utterances)
            return {"words": words, "word_rows": owner, "word_weight": weight}, place
        lengths = utterances.lengths
        words = np.zeros((rows, _round(lengths.max(initial=0))), np.int32)
        last = np.zeros(words.shape, np.float32)
        words[row, within(lengths)] = utterances.flat
        filled = np.flatnonzero(lengths)
        last[filled, lengths[filled] - 1] = 1
        return {"words": words, "word_last": last}, place

    def encodings(self, inputs: Mapping[str, Any], index: Any, embedding: Any, lstm: Any) -> Any:
        """As the protocol says."""
        embedded = embedding.call(inputs["words"])
        if lstm:
            return pooled(lstm.call(embedded), inputs["word_last"])
        dialogues, turns = ops.shape(index)
        rows, weight = inputs["word_rows"], inputs["word_weight"]
        return segment_sums(embedded, rows, weight, dialogues * turns)

    def context(self, context: SparseContext, shape: tuple[int, int, int]) -> Arrays:
        """All columns, (B, T, C): how many are not zero would be one more shape to compile for."""
        return {"context": context.dense(*shape)}

    def product(self, inputs: Mapping[str, Any], encoding: Any, kernel: Any) -> Any:
        """As the protocol says."""
        return ops.matmul(ops.concatenate([encoding, inputs["context"]], axis=-1), kernel)


def layout() -> Layout:
    """That of the backend."""
    return Flat() if keras.backend.backend() == "torch" else Filled()


def _weights(utterances: Ragged) -> npt.NDArray[np.float32]:
    """The weight of each word in a bag. *Shape:* (N,)."""
    return (1 / np.sqrt(utterances.lengths[utterances.row_of_each()])).astype(np.float32)


def _tree(utterances: Ragged) -> tuple[Arrays, Ints]:
    """The tree of their beginnings as `PrefixLSTM` has it, and the node where each ends.

    In the order of a dictionary, utterances that begin alike stand together.
    """
    lengths, wide = utterances.lengths, int(utterances.lengths.max(initial=0))
    words = np.full((wide, len(utterances)), -1, np.int64)
    words[within(lengths), utterances.row_of_each()] = utterances.flat
    order = np.lexsort(words[::-1]) if wide else np.arange(len(utterances))
    words = words[:, order]
    new = words >= 0
    new[:, 1:] &= np.logical_or.accumulate(words[:, 1:] != words[:, :-1])
    node = np.zeros((1 + wide, len(utterances)), np.int32)
    node[1:] = np.cumsum(new).reshape(new.shape)
    place = np.empty(len(utterances), np.int64)
    place[order] = node[lengths[order], np.arange(len(utterances))]
    vocabulary, number = np.unique(words[new], return_inverse=True)
    arrays = {"words": number.astype(np.int32), "word_parents": node[:-1][new]}
    counts = new.sum(axis=1, dtype=np.int32)
    return {"vocabulary": vocabulary, **arrays, "word_starts": np.cumsum(counts) - counts}, place


def _round(count: float) -> int:
    width = MIN_ROWS
    while width < count:
        width *= 2
    return width
