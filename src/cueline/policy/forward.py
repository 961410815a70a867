"""The network, run in NumPy: the same weights and the same numbers as the Keras model.

    words of a turn -> encoding (E,) -+
                                      +-> tanh -> turn vector (D,) -> memory (H,) -+-> logits (A,)
    context columns (C,) -------------+--------------------------------------------+

The context is sparse: for one turn its part of a product is a sum of a few rows of the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cueline.features import Ragged, Table, TurnVector
from cueline.features.table import Turns, side_by_side
from cueline.policy.recurrence import Array, Carry, Memory, last_of, memory, unroll
from cueline.settings import NetworkSettings

TURNS_AT_ONCE = 20_000
"""Turns scored in one go: bounds the memory that scoring a corpus takes."""
SPREAD_AT_ONCE = 1_000
"""Turns whose sparse context is spread out in one go."""


class Forward:
    """The weights of a policy and what is computed from them.

    Weights by name: `embedding` (V, E'); `encoder.kernel`, `.recurrent`, `.bias` of the word LSTM;
    `turn.kernel` (E + C, D), `turn.bias` (D,); `memory.kernel` (D, gates * H), `.recurrent`
    (H, gates * H), `.bias` (gates * H,), `.recurrent_bias` for a GRU; `output.kernel`
    (H + E + C, A), `output.bias` (A,).
    """

    def __init__(self, settings: NetworkSettings, weights: Mapping[str, Array]) -> None:
        self.settings = settings
        self.weights = weights
        self.memory = memory(settings.memory, weights, "memory")
        units = self.memory.units
        size = (
            settings.encoder_units if settings.encoder == "lstm" else weights["embedding"].shape[1]
        )
        kernel, output = weights["turn.kernel"], weights["output.kernel"]
        self.hidden_out = output[:units]
        # Encoding and context go two ways, to the turn vector and past the memory: one product.
        both = np.hstack([kernel, output[units:]])
        self.encoding_to, self.context_to = both[:size], both[size:]
        self._past = kernel.shape[1]

    @cached_property
    def _word_memory(self) -> Memory:
        return memory("lstm", self.weights, "encoder")

    def start(self) -> Carry:
        """The memory before the first turn, for one dialogue. *Shapes:* (1, H)."""
        return self.memory.start(1)

    def step(self, turn: TurnVector, carry: Carry) -> tuple[Array, Carry]:
        """One turn of one dialogue: its logits and what is carried on. *Shapes:* (A,), (1, H)."""
        encoding = self._encode_one(list(turn.words))
        columns, values = list(turn.columns), np.array(turn.values, np.float32)
        both = encoding @ self.encoding_to + values @ self.context_to[columns]
        carry = self.memory.step(self._project(both[:, : self._past]), carry)
        logits = carry.hidden @ self.hidden_out + both[:, self._past :]
        return logits[0] + self.weights["output.bias"], carry

    def steps(self, vectors: Sequence[TurnVector], carry: Carry) -> tuple[Array, Carry]:
        """`step` for one turn each of `B` dialogues. *Shapes:* (B, A), (B, H)."""
        utterances, turns = side_by_side(vectors)
        both = self.encode(utterances)[turns.utterance] @ self.encoding_to
        both += self._context(turns, np.arange(len(vectors)))
        carry = self.memory.step(self._project(both[:, : self._past]), carry)
        skip = both[:, self._past :] + self.weights["output.bias"]
        return carry.hidden @ self.hidden_out + skip, carry

    def _encode_one(self, words: list[int]) -> Array:
        """`encode` of one utterance, without the bookkeeping of many. *Shape:* (1, E)."""
        if self.settings.encoder == "lstm" or not words:
            return self.encode(Ragged.of([words], np.int32))
        total = np.add.reduce(self.weights["embedding"][words], axis=0, keepdims=True)
        return np.asarray(total * np.float32(len(words) ** -0.5))

    def _project(self, vectors: Array) -> Array:
        """From turn vectors before their bias and `tanh` to the memory's input.

        *Shapes:* (N, D) -> (N, gates * H).
        """
        turns = np.tanh(vectors + self.weights["turn.bias"])
        return np.asarray(turns @ self.weights["memory.kernel"] + self.weights["memory.bias"])

    def encode(self, utterances: Ragged) -> Array:
        """Encode utterances. *Shape:* (U, E); zeros for one without words."""
        embedded = self.weights["embedding"][utterances.flat]
        if self.settings.encoder == "lstm":
            projected = embedded @ self.weights["encoder.kernel"] + self.weights["encoder.bias"]
            outputs = unroll(self._word_memory, projected, utterances.lengths)
            return last_of(outputs, utterances)
        return _row_sums(embedded, utterances)

    def score(self, table: Table) -> Array:
        """Logits at every turn of every dialogue, in the table's order. *Shape:* (N, A)."""
        encodings = self._encode_all(table.utterances)
        inputs = encodings @ self.encoding_to
        logits = np.empty((int(table.dialogues[-1]), self.hidden_out.shape[1]), np.float32)
        for dialogues in _portions(table.lengths):
            turns = table.dialogue_turns(dialogues)
            both = inputs[table.turns.utterance[turns]] + self._context(table.turns, turns)
            projected = self._project(both[:, : self._past])
            outputs = unroll(self.memory, projected, table.lengths[dialogues])
            skip = both[:, self._past :] + self.weights["output.bias"]
            logits[turns] = outputs @ self.hidden_out + skip
        return logits

    def _context(self, context: Turns, turns: npt.NDArray[np.int64]) -> Array:
        """What the context gives to turn vectors and, past the memory, to logits.

        The sparse rows are spread out, some at a time: one matrix product is much faster than
        gathering and summing the kernel's rows. *Shape:* (N, D + A).
        """
        kernel = self.context_to
        product = np.empty((len(turns), kernel.shape[1]), np.float32)
        for first in range(0, len(turns), SPREAD_AT_ONCE):
            some = turns[first : first + SPREAD_AT_ONCE]
            columns = context.columns.take(some)
            spread = np.zeros((len(some), len(kernel)), np.float32)
            values = context.values[context.columns.places(some)]
            np.add.at(spread, (columns.row_of_each(), columns.flat), values)
            product[first : first + len(some)] = spread @ kernel
        return product

    def _encode_all(self, utterances: Ragged) -> Array:
        parts = [self.encode(utterances.take(rows)) for rows in _portions(utterances.lengths)]
        size = self.encoding_to.shape[0]
        return np.concatenate(parts) if parts else np.zeros((0, size), np.float32)


def _portions(lengths: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Row numbers in runs of at most about `TURNS_AT_ONCE` items."""
    if not len(lengths):
        return []
    run = (np.cumsum(np.maximum(lengths, 1)) - 1) // TURNS_AT_ONCE
    return np.split(np.arange(len(lengths)), np.flatnonzero(np.diff(run)) + 1)


def _row_sums(items: Array, rows: Ragged) -> Array:
    """Sum of each row's items by the root of their number. *Shapes:* (total, E) -> (rows, E)."""
    lengths = rows.lengths
    scaled = np.zeros((len(rows), items.shape[1]), np.float32)
    filled = lengths > 0
    if filled.any():
        sums = np.add.reduceat(items, rows.starts[:-1][filled], axis=0)
        scaled[filled] = sums / np.sqrt(lengths[filled, None].astype(np.float32))
    return scaled
