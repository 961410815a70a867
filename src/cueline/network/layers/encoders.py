"""From the words of an utterance to one vector."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

if keras.backend.backend() == "torch":
    import torch

    from cueline.network.layers.prefix_lstm import PrefixLSTM


@keras.saving.register_keras_serializable(package="cueline")
class Pool(keras.layers.Layer):
    """Weighted sum over the second axis from the end.

    With 1/n for each of n words it is their mean, with 1/sqrt(n) a sum as large for many words as
    for few, with 1 at the last it picks that one out, and with 0 it leaves out padding.
    *Shapes:* (..., N, D), (..., N) -> (..., D).
    """

    def call(self, items: Any, weight: Any) -> Any:
        """Sum of `items` times `weight`."""
        return ops.squeeze(ops.matmul(ops.expand_dims(weight, -2), items), -2)

    def compute_output_shape(
        self, items_shape: tuple[int | None, ...], weight_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(..., D)."""
        return (*items_shape[:-2], items_shape[-1])


class SegmentSum(keras.layers.Layer):
    """`Pool` over flat arrays: the weighted sums of items by the row that each belongs to.

    *Shapes:* items (N, E), rows (N,) ascending, weight (N,), index (B, T) -> (B * T, E).
    """

    def call(self, items: Any, rows: Any, weight: Any, index: Any) -> Any:
        """Sums of `items` times `weight`, as many as `index` has entries."""
        dialogues, turns = ops.shape(index)
        return ops.segment_sum(
            items * ops.expand_dims(weight, -1), rows, dialogues * turns, sorted=True
        )

    def compute_output_shape(
        self, items_shape: tuple[int | None, ...], *others: Any
    ) -> tuple[int | None, ...]:
        """(B * T, E)."""
        return None, items_shape[-1]


class BagOfWords(keras.layers.Layer):
    """`Pool` over word vectors from flat arrays, on torch alone.

    *Shapes:* words (N,), where each utterance starts (U,), weight (N,) -> (U, E).
    """

    def __init__(self, embedding: keras.layers.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        embedding.build()

    def call(self, words: Any, starts: Any, weight: Any) -> Any:
        """Sums of the words' vectors, times `weight`."""
        table = ops.convert_to_tensor(self.embedding.embeddings)
        return torch.nn.functional.embedding_bag(
            words, table, starts, mode="sum", per_sample_weights=weight
        )

    def compute_output_shape(
        self, words_shape: Any, starts_shape: Any, weight_shape: Any
    ) -> tuple[int | None, int]:
        """(U, E)."""
        return None, self.embedding.output_dim


class WordLSTM(keras.layers.Layer):
    """The output of `lstm` over the word vectors of each beginning of an utterance, on torch alone.

    Each distinct word is multiplied with the kernel once. *Shapes:* vocabulary (D,), words (N,),
    parents (N,) and counts (W,) as `PrefixLSTM` has steps, parents and counts -> (1 + N, E).
    """

    def __init__(self, embedding: keras.layers.Embedding, lstm: keras.layers.LSTM) -> None:
        super().__init__()
        self.embedding, self.lstm = embedding, lstm
        embedding.build()
        lstm.build((None, None, embedding.output_dim))

    def call(self, vocabulary: Any, words: Any, parents: Any, starts: Any) -> Any:
        """Outputs after each beginning; the first row, after none, is zeros."""
        cell = self.lstm.cell
        weights = (self.embedding.embeddings, cell.kernel, cell.recurrent_kernel, cell.bias)
        table, kernel, recurrent, bias = map(ops.convert_to_tensor, weights)
        products = torch.addmm(bias, torch.nn.functional.embedding(vocabulary, table), kernel)
        return PrefixLSTM.apply(products, words, parents, recurrent, starts.tolist())

    def compute_output_shape(
        self, vocabulary_shape: Any, words_shape: Any, parents_shape: Any, starts_shape: Any
    ) -> tuple[int | None, int]:
        """(1 + N, E)."""
        return None, self.lstm.units
