"""Keras's layers in NumPy: the same numbers, without the seconds that Keras takes to load.

Weights are drawn from one seed, so layers of the same shape have the same weights. Biases are 0,
but for those of the forget gates: there Keras's 1 becomes `FORGET_BIAS`, so that what was
remembered still shows after many turns.
"""

from __future__ import annotations

import numpy as np

from cueline.lessons.lesson import Values
from cueline.policy.rnn_cells import LSTMCell
from cueline.types import Array

SEED = 0
FORGET_BIAS = 3


def embedding_weights(words: int, units: int) -> Array:
    """*Shape:* (words, units)."""
    return _normal(np.random.default_rng(SEED), (words, units), 1.0)


def dense_weights(features: int, units: int) -> list[Array]:
    """Kernel and bias. *Shapes:* (features, units), (units,)."""
    rng = np.random.default_rng(SEED)
    return [_normal(rng, (features, units), features**-0.5), np.zeros(units, np.float32)]


def lstm_weights(features: int, units: int, seed: int = SEED) -> list[Array]:
    """Kernel, recurrent kernel and bias, gates i, f, c, o.

    *Shapes:* (features, 4 * units), (units, 4 * units), (4 * units,).
    """
    rng = np.random.default_rng(seed)
    kernel = _normal(rng, (features, 4 * units), features**-0.5)
    bias = np.zeros(4 * units, np.float32)
    bias[units : 2 * units] = FORGET_BIAS
    return [kernel, _normal(rng, (units, 4 * units), units**-0.5), bias]


def dense(x: Values, units: int) -> Values:
    """`Dense(units)`: the last axis, whatever stands before it. *Shape:* (..., F) -> (..., U)."""
    kernel, bias = dense_weights(x.shape[-1], units)
    return np.asarray(x @ kernel + bias)


def lstm(x: Values, units: int, seed: int = SEED) -> Values:
    """`LSTM(units, return_sequences=True)`. *Shape:* (B, T, F) -> (B, T, U)."""
    return unrolled(lstm_cell(x.shape[-1], units, seed), x)


def unrolled(cell: LSTMCell, x: Values) -> Values:
    """The output of `cell` at every time step of `x`. *Shape:* (B, T, F) -> (B, T, U)."""
    outputs, carry = np.zeros((*x.shape[:2], cell.units), np.float32), cell.start(len(x))
    for step in range(x.shape[1]):
        carry = cell.step(x[:, step], carry)
        outputs[:, step] = carry.hidden
    return outputs


def lstm_cell(features: int, units: int, seed: int = SEED) -> LSTMCell:
    """One step of that LSTM."""
    return LSTMCell(*lstm_weights(features, units, seed))


def bidirectional(x: Values, units: int) -> Values:
    """`Bidirectional(LSTM(units, return_sequences=True))`. *Shape:* (B, T, F) -> (B, T, 2 * U)."""
    backward = lstm(x[:, ::-1], units, SEED + 1)[:, ::-1]
    return np.concatenate([lstm(x, units), backward], axis=-1)


def time_distributed_lstm(x: Values, units: int, mask: Values | None = None) -> Values:
    """`TimeDistributed(LSTM(units))`, with the mask of the inner steps or without.

    *Shapes:* x (B, T, W, F), mask (B, T, W) -> (B, T, U).
    """
    rows = x.reshape(-1, *x.shape[2:])
    outputs = lstm(rows, units)
    if mask is None:
        last = outputs[:, -1]
    else:
        lengths = mask.reshape(len(rows), -1).sum(axis=-1)
        last = outputs[np.arange(len(rows)), np.maximum(lengths, 1) - 1] * (lengths > 0)[:, None]
    return np.asarray(last.reshape(*x.shape[:2], units))


def shapes_of(weights: list[Array]) -> tuple[tuple[int, ...], ...]:
    """The shape of each array."""
    return tuple(array.shape for array in weights)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], spread: float) -> Array:
    return rng.normal(0, spread, shape).astype(np.float32)
