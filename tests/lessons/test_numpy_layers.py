"""The lesson's NumPy layers give what Keras's give with the same weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from cueline.lessons import numpy_layers
from cueline.lessons.numpy_layers import SEED, dense_weights, lstm_weights

F, U = 5, 4
X = np.random.default_rng(1).normal(size=(2, 3, F)).astype(np.float32)
WORDS = np.random.default_rng(2).normal(size=(2, 3, 6, F)).astype(np.float32)
LENGTHS = np.array([[6, 1, 0], [2, 5, 3]])
MASK = np.arange(6) < LENGTHS[..., None]


def weighted(layer: Any, shape: tuple[int, ...], weights: list[Any]) -> Any:
    layer.build(shape)
    layer.set_weights(weights)
    return layer


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(expected), atol=1e-6)


def test_dense() -> None:
    layer = weighted(layers.Dense(U), X.shape, dense_weights(F, U))
    same(numpy_layers.dense(X, U), layer(X))


def test_lstm() -> None:
    layer = weighted(layers.LSTM(U, return_sequences=True), X.shape, lstm_weights(F, U))
    same(numpy_layers.lstm(X, U), layer(X))


def test_bidirectional() -> None:
    both = lstm_weights(F, U) + lstm_weights(F, U, SEED + 1)
    layer = layers.Bidirectional(layers.LSTM(U, return_sequences=True))
    same(numpy_layers.bidirectional(X, U), weighted(layer, X.shape, both)(X))


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_time_distributed(mask: Any) -> None:
    layer = layers.TimeDistributed(layers.LSTM(U))
    weighted(layer, WORDS.shape, lstm_weights(F, U))
    tensor = None if mask is None else keras.ops.convert_to_tensor(mask)
    same(numpy_layers.time_distributed_lstm(WORDS, U, mask), layer(WORDS, mask=tensor))
