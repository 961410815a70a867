"""The network, run in NumPy: the same weights and the same numbers as the Keras model.

    words of a turn -> encoding (E,) -+
                                      +-> tanh -> turn vector (D,) -> cell (H,) -+-> logits (A,)
    context columns (C,) -------------+------------------------------------------+

The context is sparse: for one turn its part of a product is a sum of a few rows of the kernel.
Where context and actions are many, what goes past the cell does so through `R` numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from cueline.dataset import Dataset, Ragged
from cueline.dataset.dataset import TurnArrays, side_by_side
from cueline.dataset.ragged import in_portions
from cueline.features import TurnVector
from cueline.policy.packed_sequences import PackedSequences, portions, row_sums, unroll
from cueline.policy.parallel import on_all_cores
from cueline.policy.rnn_cells import Carry, RNNCell, rnn_cell
from cueline.settings import NetworkSettings
from cueline.types import Array, Ints

AT_ONCE = 2_500
"""Turns, utterances, or words of an LSTM, computed in one go.

Bounds the memory that a corpus takes, and lets the cores finish at about the same time.
"""


class NumpyNetwork:
    """The weights of a policy and what is computed from them.

    Weights by name: `embedding` (V, E'); `encoder.kernel`, `.recurrent`, `.bias` of the word LSTM;
    `turn.kernel` (E + C, D), `turn.bias` (D,); `memory.kernel` (D, gates * H), `.recurrent`
    (H, gates * H), `.bias` (gates * H,), `.recurrent_bias` for a GRU; `output.kernel`
    (H + E + C, A), `output.bias` (A,). With `skip` (E + C, R), `output.kernel` is (H + R, A).
    """

    def __init__(self, settings: NetworkSettings, weights: Mapping[str, Array]) -> None:
        self.settings = settings
        self.weights = weights
        self.cell = rnn_cell(settings.memory, weights, "memory")
        units = self.cell.units
        size = (
            settings.encoder_units if settings.encoder == "lstm" else weights["embedding"].shape[1]
        )
        kernel, output = weights["turn.kernel"], weights["output.kernel"]
        self.hidden_out, past, bias = output[:units], output[units:], weights["output.bias"]
        self._past_out: tuple[Array, Array] | None = None
        if "skip" in weights:
            self._past_out = past, bias
            past, bias = weights["skip"], np.zeros(len(past), np.float32)
        # Encoding and context go two ways, to the turn vector and past the cell: one product.
        both_ways = np.hstack([kernel, past])
        self.encoding_to, self.context_to = both_ways[:size], both_ways[size:]
        self._bias = np.concatenate([weights["turn.bias"], bias])
        self._turn_width = kernel.shape[1]

    @cached_property
    def _word_cell(self) -> RNNCell:
        return rnn_cell("lstm", self.weights, "encoder")

    def start(self) -> Carry:
        """The carry before the first turn, for one dialogue. *Shapes:* (1, H)."""
        return self.cell.start(1)

    def step(self, turn: TurnVector, carry: Carry) -> tuple[Array, Carry]:
        """One turn of one dialogue: its logits and what is carried on. *Shapes:* (A,), (1, H)."""
        encoding = self._encode_one(turn.words)
        rows = self.context_to.take(turn.columns, axis=0)
        logits, carry = self._step(encoding, np.array(turn.values, np.float32) @ rows, carry)
        return logits[0], carry

    def steps(self, vectors: Sequence[TurnVector], carry: Carry) -> tuple[Array, Carry]:
        """`step` for one turn each of `B` dialogues. *Shapes:* (B, A), (B, H)."""
        utterances, turns = side_by_side(vectors)
        encodings = self.encode(utterances)[turns.utterance]
        return self._step(encodings, self._context(turns, np.arange(len(vectors))), carry)

    def _step(self, encodings: Array, context: Array, carry: Carry) -> tuple[Array, Carry]:
        vectors, past = self._project(encodings, context)
        carry = self.cell.step(vectors, carry)
        return self._logits(carry.hidden, past), carry

    def _logits(self, hidden: Array, past: Array) -> Array:
        """From the cell's output and what goes past it. *Shapes:* (N, H), (N, P) -> (N, A)."""
        logits = hidden @ self.hidden_out
        if self._past_out is None:
            logits += past
            return logits
        kernel, bias = self._past_out
        logits += past @ kernel
        logits += bias
        return logits

    def _project(self, encodings: Array, context: Array) -> tuple[Array, Array]:
        """Turn vectors, and what goes past the cell: a part of the logits, or `R` numbers.

        *Shapes:* (N, E), (N, D + P) -> (N, D), (N, P), where P is A or R.
        """
        both = encodings @ self.encoding_to
        both += context
        both += self._bias
        return np.tanh(both[:, : self._turn_width]), both[:, self._turn_width :]

    def _encode_one(self, words: Sequence[int]) -> Array:
        """`encode` for one utterance, without the bookkeeping of many. *Shape:* (1, E)."""
        if not words:
            return np.zeros((1, len(self.encoding_to)), np.float32)
        if self.settings.encoder == "lstm":
            return self.encode(Ragged.of([words], np.int32))
        rows = self.weights["embedding"].take(words, axis=0)
        total = np.add.reduce(rows, axis=0, keepdims=True)
        return np.asarray(total * np.float32(len(words) ** -0.5))

    def encode(self, utterances: Ragged) -> Array:
        """Encode utterances. *Shape:* (U, E); zeros for one without words."""
        if self.settings.encoder == "lstm":
            return self._last_outputs(utterances)
        some = in_portions(np.arange(len(utterances)), AT_ONCE)
        return np.concatenate(on_all_cores(lambda rows: self._bags(utterances, rows), some))

    def _bags(self, utterances: Ragged, rows: Ints) -> Array:
        """The bag-of-words encodings of some utterances. *Shape:* (len(rows), E)."""
        sums = row_sums(self.weights["embedding"], utterances, rows)
        sums /= np.sqrt(np.maximum(utterances.lengths[rows], 1).astype(np.float32))[:, None]
        return sums

    def _last_outputs(self, utterances: Ragged) -> Array:
        """The word LSTM's last outputs. *Shape:* (U, E)."""
        encodings = np.empty((len(utterances), self._word_cell.units), np.float32)

        def read(steps: PackedSequences) -> None:
            words = self.weights["embedding"][utterances.flat[steps.all_places]]
            _, encodings[steps.rows] = unroll(self._word_cell, words, steps)

        on_all_cores(read, list(portions(utterances.starts[:-1], utterances.lengths, AT_ONCE)))
        return encodings

    def score(self, dataset: Dataset) -> Array:
        """Logits at every turn of every dialogue, in the dataset's order. *Shape:* (N, A)."""
        encodings = self.encode(dataset.utterances)
        logits = np.empty((int(dataset.dialogues[-1]), self.hidden_out.shape[1]), np.float32)

        def score(steps: PackedSequences) -> None:
            turns = steps.all_places
            vectors, past = self._project(
                encodings.take(dataset.turns.utterance[turns], axis=0),
                self._context(dataset.turns, turns),
            )
            outputs, _ = unroll(self.cell, vectors, steps)
            logits[turns] = self._logits(outputs, past)

        on_all_cores(score, list(portions(dataset.dialogues[:-1], dataset.lengths, AT_ONCE)))
        return logits

    def _context(self, context: TurnArrays, turns: Ints) -> Array:
        """What the context adds to turn vectors and to what goes past the cell.

        *Shape:* (N, D + P).
        """
        return row_sums(self.context_to, context.columns, turns, context.values)
