"""From the words of an utterance to one vector."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

if keras.backend.backend() == "torch":
    import torch

    from cueline.layers.prefix_lstm import PrefixLSTM


def pooled(items: Any, weight: Any) -> Any:
    """Weighted sum over the second axis from the end.

    With 1/n for each of n words it is their mean, with 1/sqrt(n) a sum as large for many words as
    for few, with 1 at the last it picks that one out, and with 0 it leaves out padding.
    *Shapes:* (..., N, D), (..., N) -> (..., D).
    """
    return ops.squeeze(ops.matmul(ops.expand_dims(weight, -2), items), -2)


def segment_sums(items: Any, rows: Any, weight: Any, count: Any) -> Any:
    """`pooled` over flat arrays: the weighted sums of items by the row that each belongs to.

    *Shapes:* items (N, E), rows (N,) ascending, weight (N,) -> (count, E).
    """
    return ops.segment_sum(items * ops.expand_dims(weight, -1), rows, count, sorted=True)


def bag_of_words(embedding: keras.layers.Embedding, words: Any, starts: Any, weight: Any) -> Any:
    """`pooled` over word vectors from flat arrays, on torch alone.

    *Shapes:* words (N,), where each utterance starts (U,), weight (N,) -> (U, E).
    """
    table = ops.convert_to_tensor(embedding.embeddings)
    return torch.nn.functional.embedding_bag(
        words, table, starts, mode="sum", per_sample_weights=weight
    )


def word_lstm(
    embedding: keras.layers.Embedding,
    lstm: keras.layers.LSTM,
    vocabulary: Any,
    words: Any,
    parents: Any,
    starts: Any,
) -> Any:
    """The output of `lstm` after each beginning of an utterance, zeros after none, on torch alone.

    Each distinct word is multiplied with the kernel once. *Shapes:* vocabulary (D,), words (N,),
    parents (N,) and starts (W,) as `PrefixLSTM` has steps, parents and starts -> (1 + N, E).
    """
    cell = lstm.cell
    weights = (embedding.embeddings, cell.kernel, cell.recurrent_kernel, cell.bias)
    table, kernel, recurrent, bias = map(ops.convert_to_tensor, weights)
    products = torch.addmm(bias, torch.nn.functional.embedding(vocabulary, table), kernel)
    return PrefixLSTM.apply(products, words, parents, recurrent, starts.tolist())
