"""From the words of an utterance to one vector."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from cueline.policy.sparse_sums import SparseSums

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


def group_sums(rows: Any, groups: SparseSums) -> Any:
    """Sums of groups of rows, a group a row. *Shapes:* (W, N) -> (G, N)."""
    if keras.backend.backend() == "torch":
        columns, starts = map(torch.as_tensor, (groups.columns, groups.starts))
        return torch.nn.functional.embedding_bag(columns, rows, starts, mode="sum")
    chosen = ops.take(rows, groups.columns.astype(np.int32), axis=0)
    owner = groups.group_of_each.astype(np.int32)
    return ops.segment_sum(chosen, owner, len(groups.starts), sorted=True)


def weighted_sums(table: Any, rows: Any, starts: Any, weight: Any) -> Any:
    """Weighted sums of rows of a table, the vectors of an utterance's words say, on torch alone.

    *Shapes:* table (V, E), rows (N,), where each sum's rows start (U,), weight (N,) -> (U, E).
    """
    return torch.nn.functional.embedding_bag(
        rows, table, starts, mode="sum", per_sample_weights=weight
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
