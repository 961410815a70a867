"""A bidirectional LSTM over the words of a turn, with a label for every word, in NumPy.

    word, form, ending (T,) -> embeddings -+
                                           +-> LSTM there and back -> (T, 2U) -> labels (T, L)
    what was going on -> (C,) -------------+

Huang, Xu and Yu (2015), with a path of labels that is always legal in place of a CRF.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from msgspec import Struct

from cueline.dialogue import Span
from cueline.policy.tagging.labels import LabelledSpan, best_legal, decode, may_follow
from cueline.policy.tagging.span_values import SpanValues
from cueline.policy.tagging.word_features import NumberedWords, Surroundings, WordFeaturizer
from cueline.tokenizer import Token
from cueline.types import Array

WORD_SIZE, FORM_SIZE, CONTEXT_SIZE, UNITS = 64, 16, 32, 64
"""Lengths of an embedding of a word, of its form and of its ending, and of what was going on; the
units of each LSTM."""
ALONE = Surroundings()
"""Nothing was going on."""
GATES = 4
"""Gates of an LSTM."""
_HALF = np.array(0.5, np.float32)


class TaggerFacts(Struct):
    """All of a tagger but its weights."""

    featurizer: WordFeaturizer
    labels: list[str]
    values: SpanValues


def tagger_shapes(facts: TaggerFacts) -> dict[str, tuple[int, ...]]:
    """The shape of each weight, by name."""
    featurizer, outputs = facts.featurizer, 2 * len(facts.labels) + 1
    inputs = WORD_SIZE + 2 * FORM_SIZE + CONTEXT_SIZE
    shapes: dict[str, tuple[int, ...]] = {
        "words": (len(featurizer.words) + 1, WORD_SIZE),
        "forms": (len(featurizer.forms) + 1, FORM_SIZE),
        "endings": (len(featurizer.endings) + 1, FORM_SIZE),
        "context.kernel": (len(featurizer.context), CONTEXT_SIZE),
        "context.bias": (CONTEXT_SIZE,),
        "output.kernel": (2 * UNITS, outputs),
        "output.bias": (outputs,),
    }
    for way in ("forward", "backward"):
        shapes[f"{way}.kernel"] = (inputs, 4 * UNITS)
        shapes[f"{way}.recurrent"] = (UNITS, 4 * UNITS)
        shapes[f"{way}.bias"] = (4 * UNITS,)
    return shapes


class Tagger:
    """What the user named in a text.

    Weights by name: `words` (V, E), `forms` (F, E'), `endings` (N, E'), `context.kernel` (C, D),
    `context.bias` (D,); `forward.kernel` (E + 2E' + D, 4U), `.recurrent` (U, 4U), `.bias` (4U,) and
    the same of `backward`; `output.kernel` (2U, L), `output.bias` (L,).
    """

    def __init__(self, facts: TaggerFacts, weights: Mapping[str, Array]) -> None:
        self.facts = facts
        self.weights = weights
        self._allowed = may_follow(len(facts.labels))
        self._units = weights["forward.recurrent"].shape[0]
        self._output = weights["output.kernel"], weights["output.bias"]

    def spans(self, text: str, around: Surroundings = ALONE) -> tuple[Span, ...]:
        """The spans of `text`, in order, with the values that they stand for."""
        found = self.facts.featurizer.numbers(text)
        if not found.tokens:
            return ()
        path = best_legal(self._scores(found, around), self._allowed)
        return tuple(self._span(text, found.tokens, one) for one in decode(path))

    def _span(self, text: str, tokens: Sequence[Token], one: LabelledSpan) -> Span:
        start, end = tokens[one.first].start, tokens[one.last - 1].end
        words, label = text[start:end], self.facts.labels[one.label]
        value = self.facts.values.of(label, words)
        return Span(start, end, label, None if value == words else value)

    def scores(self, text: str, around: Surroundings = ALONE) -> Array:
        """A score of each label at each word. *Shape:* (T, L)."""
        return self._scores(self.facts.featurizer.numbers(text), around)

    def _scores(self, numbers: NumberedWords, around: Surroundings) -> Array:
        words, forms, endings = self._tables
        gates = words.take(numbers.words, axis=0)
        gates += forms.take(numbers.forms, axis=0)
        gates += endings.take(numbers.endings, axis=0)
        gates += self._context_gates(around)
        backward = gates.reshape(len(gates), GATES, 2, self._units)[:, :, 1]
        backward[...] = backward[::-1].copy()
        outputs = self._unroll(gates)
        both = np.concatenate([outputs[:, 0], outputs[::-1, 1]], axis=1)
        kernel, bias = self._output
        return np.asarray(both @ kernel + bias)

    def _context_gates(self, around: Surroundings) -> Array:
        """What was going on, as it enters the gates. *Shape:* (8U,)."""
        columns = self.facts.featurizer.columns(around)
        kernel, bias = self.weights["context.kernel"], self.weights["context.bias"]
        context = np.tanh(np.add.reduce(kernel.take(columns, axis=0)) + bias)
        return np.asarray(context @ self._context_kernel + self._gate_bias)

    def _unroll(self, gates: Array) -> Array:
        """Both directions at once. *Shapes:* (T, 8U) -> (T, 2, U).

        All steps go through one array, in which what meets lies together: a call on numbers that
        lie apart takes three times as long.
        """
        units, size = self._units, 2 * self._units
        step = np.zeros((1 + GATES) * size, np.float32)  # cell, new; keep, into; out
        cell, read, out = step[:size], step[size:], step[-size:]
        both, shares, opened = step[: 2 * size], step[2 * size : 4 * size], step[2 * size :]
        product = read.reshape(GATES, 2, 1, units)
        parts = np.empty(2 * size, np.float32)
        kept, added = parts[:size], parts[size:]
        outputs = np.empty((len(gates), 2, 1, units), np.float32)
        hidden = np.zeros((2, 1, units), np.float32)
        for given, output, flat in zip(
            gates, outputs, outputs.reshape(len(gates), size), strict=True
        ):
            np.matmul(hidden, self._recurrent, out=product)
            np.add(read, given, out=read)
            np.tanh(read, out=read)
            np.multiply(opened, _HALF, out=opened)
            np.add(opened, _HALF, out=opened)
            np.multiply(both, shares, out=parts)
            np.add(kept, added, out=cell)
            np.tanh(cell, out=flat)
            np.multiply(flat, out, out=flat)
            hidden = output
        return outputs[:, :, 0]

    @cached_property
    def _kernel(self) -> Array:
        """From the inputs to the gates. *Shape:* (D, 8U)."""
        kernel = self._by_gate("kernel")
        return kernel.reshape(len(kernel), -1)

    @cached_property
    def _recurrent(self) -> Array:
        """*Shape:* (4, 2, U, U)."""
        return np.ascontiguousarray(self._by_gate("recurrent").transpose(1, 2, 0, 3))

    @cached_property
    def _gate_bias(self) -> Array:
        """*Shape:* (8U,)."""
        return self._by_gate("bias").ravel()

    @cached_property
    def _tables(self) -> list[Array]:
        """What each number adds to the gates. *Shapes:* (V, 8U)."""
        found, first = [], 0
        for name in ("words", "forms", "endings"):
            table = self.weights[name]
            found.append(table @ self._kernel[first : first + table.shape[1]])
            first += table.shape[1]
        return found

    @cached_property
    def _context_kernel(self) -> Array:
        """*Shape:* (D, 8U)."""
        return self._kernel[-self.weights["context.bias"].shape[0] :]

    def _by_gate(self, part: str) -> Array:
        """A part of both LSTMs, a gate after the other. *Shape:* (..., 4, 2, U)."""
        ways = (_halved(self.weights[f"{way}.{part}"]) for way in ("forward", "backward"))
        return np.stack([*ways], axis=-2)


def _halved(weights: Array) -> Array:
    """Gates c, f / 2, i / 2, o / 2 of i, f, c, o, since sigmoid(x) is (1 + tanh(x / 2)) / 2.

    *Shapes:* (..., 4U) -> (..., 4, U).
    """
    into, keep, new, out = np.split(weights, GATES, axis=-1)
    return np.stack([new, keep * _HALF, into * _HALF, out * _HALF], axis=-2)
