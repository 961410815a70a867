"""The memory, one step at a time, in NumPy.

The numbers are those of `keras.layers.LSTM` and `keras.layers.GRU` (gates i, f, c, o and z, r, h;
GRU with `reset_after=True`). What goes in is already projected: `x @ kernel + bias`, so that a
caller that has many turns at once can do that for all of them in one product.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cueline.features import Ragged

Array = npt.NDArray[np.float32]
_HALF = np.float32(0.5)


class Carry(NamedTuple):
    """What a memory carries from step to step. *Shapes:* (B, H); `cell` (B, 0) if unused."""

    hidden: Array
    cell: Array


class Memory(Protocol):
    """A recurrence over `B` rows at once, its inputs `gates` * `units` wide."""

    gates: int
    units: int

    def start(self, rows: int) -> Carry:
        """The state before the first step: zeros."""

    def step(self, projected: Array, carry: Carry) -> Carry:
        """One step. `projected` *shape:* (B, gates * H). The output is the new `hidden`."""


class Lstm:
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000)."""

    gates = 4

    def __init__(self, recurrent: Array) -> None:
        self.recurrent = recurrent
        self.units = recurrent.shape[0]
        self._slopes = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), self.units)
        self._starts = (0, self.units, 3 * self.units)

    def start(self, rows: int) -> Carry:
        """Zeros."""
        return Carry(_zeros(rows, self.units), _zeros(rows, self.units))

    def step(self, projected: Array, carry: Carry) -> Carry:
        """One step."""
        units = self.units
        gates = projected + carry.hidden @ self.recurrent
        # All four by one `tanh`: the logistic function of x is (1 + tanh(x / 2)) / 2.
        curves = np.tanh(gates * self._slopes)
        into, keep, out = (_HALF * curves[:, gate : gate + units] + _HALF for gate in self._starts)
        cell = keep * carry.cell + into * curves[:, 2 * units : 3 * units]
        return Carry(out * np.tanh(cell), cell)


class Gru:
    """Cho et al. (2014), with the reset gate after the product, as cuDNN and Keras have it."""

    gates = 3

    def __init__(self, recurrent: Array, bias: Array) -> None:
        self.recurrent = recurrent
        self.bias = bias
        self.units = recurrent.shape[0]

    def start(self, rows: int) -> Carry:
        """Zeros."""
        return Carry(_zeros(rows, self.units), _zeros(rows, 0))

    def step(self, projected: Array, carry: Carry) -> Carry:
        """One step."""
        units = self.units
        inner = carry.hidden @ self.recurrent + self.bias
        gates = sigmoid(projected[:, : 2 * units] + inner[:, : 2 * units])
        update, reset = gates[:, :units], gates[:, units:]
        new = np.tanh(projected[:, 2 * units :] + reset * inner[:, 2 * units :])
        return Carry(update * carry.hidden + (1 - update) * new, carry.cell)


class NoMemory:
    """Turns in silos: a Dense layer with ReLU, and nothing carried over."""

    gates = 1

    def __init__(self, units: int) -> None:
        self.units = units

    def start(self, rows: int) -> Carry:
        """Zeros, which nothing reads."""
        return Carry(_zeros(rows, self.units), _zeros(rows, 0))

    def step(self, projected: Array, carry: Carry) -> Carry:
        """One turn by itself."""
        return Carry(np.maximum(projected, 0), carry.cell)


def memory(kind: Literal["lstm", "gru", "none"], weights: Mapping[str, Array], room: str) -> Memory:
    """The memory whose weights are named `room.recurrent` and so on."""
    if kind == "lstm":
        return Lstm(weights[f"{room}.recurrent"])
    if kind == "gru":
        return Gru(weights[f"{room}.recurrent"], weights[f"{room}.recurrent_bias"])
    return NoMemory(weights[f"{room}.kernel"].shape[1])


def unroll(memory: Memory, projected: Array, lengths: npt.NDArray[np.int64]) -> Array:
    """Run `memory` over sequences of different lengths laid end to end, and give every output.

    Longest first and all at once: at step t only the rows still going on take part, so padding is
    neither stored nor computed. *Shapes:* projected (N, gates * H), lengths (B,) with sum N,
    result (N, H).
    """
    order = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[order]
    steps = np.arange(lengths.max(initial=0))
    going_on = len(lengths) - np.searchsorted(np.sort(lengths), steps, side="right")
    outputs = np.empty((len(projected), memory.units), np.float32)
    carry = memory.start(len(lengths))
    for step, rows in enumerate(going_on):
        places = starts[:rows] + step
        carry = memory.step(projected[places], Carry(carry.hidden[:rows], carry.cell[:rows]))
        outputs[places] = carry.hidden
    return outputs


def last_of(outputs: Array, rows: Ragged) -> Array:
    """The last output of each row, zeros for an empty one. *Shapes:* (N, H) -> (rows, H)."""
    last = np.zeros((len(rows), outputs.shape[1]), np.float32)
    filled = rows.lengths > 0
    last[filled] = outputs[rows.starts[1:][filled] - 1]
    return last


def sigmoid(x: Array) -> Array:
    """The logistic function, through `tanh`, which cannot overflow."""
    return np.asarray(_HALF * np.tanh(_HALF * x) + _HALF)


def softplus(x: Array) -> Array:
    """log(1 + exp(x)). NumPy's `logaddexp` and `log1p` take ten times as long."""
    part = np.abs(x)
    np.negative(part, out=part)
    np.exp(part, out=part)
    part += 1
    np.log(part, out=part)
    part += np.maximum(x, 0)
    return part


def _zeros(rows: int, width: int) -> Array:
    return np.zeros((rows, width), np.float32)
