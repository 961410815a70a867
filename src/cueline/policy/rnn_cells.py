"""The recurrent cells, one step at a time, in NumPy.

The numbers are those of `keras.layers.LSTM` and `keras.layers.GRU` (gates i, f, c, o and z, r, h;
GRU with `reset_after=True`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np

from cueline.types import Array

_HALF = np.float32(0.5)


class Carry(NamedTuple):
    """What a cell carries from step to step. *Shapes:* (B, H); `cell` (B, 0) if unused."""

    hidden: Array
    cell: Array


class RNNCell(Protocol):
    """A recurrence over `B` rows at once, its inputs `D` wide."""

    units: int

    def start(self, rows: int) -> Carry:
        """The state before the first step: zeros."""

    def step(self, inputs: Array, carry: Carry) -> Carry:
        """One step. `inputs` *shape:* (B, D). The output is the new `hidden`."""


class LSTMCell:
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    All four gates are one `tanh`, since the logistic function of x is (1 + tanh(x / 2)) / 2: the
    halves are in the weights, and the three gates that have them stand side by side. Inputs and
    hidden state go through one product.
    """

    def __init__(self, kernel: Array, recurrent: Array, bias: Array) -> None:
        self.units = recurrent.shape[0]
        self._kernel = _halved(np.concatenate([kernel, recurrent]))
        self._bias = _halved(bias)

    def start(self, rows: int) -> Carry:
        """Zeros."""
        return Carry(_zeros(rows, self.units), _zeros(rows, self.units))

    def step(self, inputs: Array, carry: Carry) -> Carry:
        """One step."""
        units = self.units
        gates = np.concatenate((inputs, carry.hidden), axis=1) @ self._kernel
        gates += self._bias
        np.tanh(gates, out=gates)
        open_, new = gates[:, : 3 * units], gates[:, 3 * units :]
        open_ *= _HALF
        open_ += _HALF
        new *= open_[:, :units]
        cell = open_[:, units : 2 * units] * carry.cell
        cell += new
        hidden = np.tanh(cell)
        hidden *= open_[:, 2 * units :]
        return Carry(hidden, cell)


class GRUCell:
    """Cho et al. (2014), with the reset gate after the product, as cuDNN and Keras have it."""

    def __init__(self, kernel: Array, recurrent: Array, biases: tuple[Array, Array]) -> None:
        self._kernel, self._recurrent = kernel, recurrent
        self._bias, self._recurrent_bias = biases
        self.units = recurrent.shape[0]

    def start(self, rows: int) -> Carry:
        """Zeros."""
        return Carry(_zeros(rows, self.units), _zeros(rows, 0))

    def step(self, inputs: Array, carry: Carry) -> Carry:
        """One step."""
        units = self.units
        outer = inputs @ self._kernel + self._bias
        inner = carry.hidden @ self._recurrent + self._recurrent_bias
        gates = sigmoid(outer[:, : 2 * units] + inner[:, : 2 * units])
        update, reset = gates[:, :units], gates[:, units:]
        new = np.tanh(outer[:, 2 * units :] + reset * inner[:, 2 * units :])
        return Carry(update * carry.hidden + (1 - update) * new, carry.cell)


class NoRecurrence:
    """A Dense layer with ReLU in the place of a cell: nothing is carried over."""

    def __init__(self, kernel: Array, bias: Array) -> None:
        self._kernel, self._bias = kernel, bias
        self.units = kernel.shape[1]

    def start(self, rows: int) -> Carry:
        """Zeros, which nothing reads."""
        return Carry(_zeros(rows, self.units), _zeros(rows, 0))

    def step(self, inputs: Array, carry: Carry) -> Carry:
        """One turn by itself."""
        return Carry(np.maximum(inputs @ self._kernel + self._bias, 0), carry.cell)


def rnn_cell(
    kind: Literal["lstm", "gru", "none"], weights: Mapping[str, Array], name: str
) -> RNNCell:
    """The cell whose weights are named `name.kernel`, `name.recurrent` and so on."""
    kernel, bias = weights[f"{name}.kernel"], weights[f"{name}.bias"]
    if kind == "none":
        return NoRecurrence(kernel, bias)
    recurrent = weights[f"{name}.recurrent"]
    if kind == "gru":
        return GRUCell(kernel, recurrent, (bias, weights[f"{name}.recurrent_bias"]))
    return LSTMCell(kernel, recurrent, bias)


def sigmoid(x: Array) -> Array:
    """The logistic function, through `tanh`, which cannot overflow."""
    return np.asarray(_HALF * np.tanh(_HALF * x) + _HALF)


def _halved(weights: Array) -> Array:
    """Gates i, f, c, o as i / 2, f / 2, o / 2, c: exact, but for denormal numbers."""
    into, keep, new, out = np.split(weights, 4, axis=-1)
    return np.concatenate([into * _HALF, keep * _HALF, out * _HALF, new], axis=-1)


def _zeros(rows: int, width: int) -> Array:
    return np.zeros((rows, width), np.float32)
