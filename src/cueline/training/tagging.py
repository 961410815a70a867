"""Training the word tagger: texts with spans in, a `Tagger` out."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from cueline.corpus.transforms.weak_spans import weak_spans
from cueline.dialogue import Dialogue, Span
from cueline.layers import LSTM, TimeDistributed
from cueline.policy.arguments.values import value_key
from cueline.policy.tagging import Tagger
from cueline.policy.tagging.labels import encode
from cueline.policy.tagging.span_values import SpanValues
from cueline.policy.tagging.tagger import (
    CONTEXT_SIZE,
    FORM_SIZE,
    UNITS,
    WORD_SIZE,
    TaggerFacts,
)
from cueline.policy.tagging.word_features import UNKNOWN, Surroundings, WordFeaturizer
from cueline.settings import Settings
from cueline.training.averaging import averaged
from cueline.training.model import SPREAD, named_weights
from cueline.training.optimizer import adam
from cueline.training.progress import progress_console
from cueline.types import Array, Floats, Ints

MAX_TURNS = 30_000
"""Turns learned from at the most."""
BATCH = 32
LENGTHS = (8, 16, 32, 64)
"""Words that batches are padded to: few lengths, so few programs to compile."""
MAX_EPOCHS, PATIENCE = 30, 4
MIN_STEPS = 50
"""Steps of an epoch at the least."""
LEARNING_RATE = 0.003
REPLACED, MAX_REPLACED = 8.0, 5
"""Spans that are filled with other words for each value that is new, and words of these at the
most: unseen values are found by what stands around them, and where a label's values come from a
list, few will be unseen."""
MAX_SHARE = 0.5
"""Share of a label's spans that are filled so at the most."""
UNKNOWN_WORDS, UNKNOWN_AMONG = 0.5, 0.6
"""Share of those in which all words are unknown ones, and of unknown words in the others: those of
a new value mostly are, and some of them not."""
UNKNOWN_ENDINGS = 0.5
"""Share of hidden words whose endings are hidden too: those of a new word may be as new."""
DROPPED, CONTEXT_DROPPED, OUTPUTS_DROPPED = 0.1, 0.3, 0.3
"""Shares of other words, of contexts and of outputs that are hidden."""
_DIGITS = re.compile(r"\d+")


class LabelledText(NamedTuple):
    """A text of the user, what was going on, and its spans."""

    text: str
    around: Surroundings
    spans: tuple[Span, ...]


def train_tagger(
    given: Iterable[Dialogue], held_out: Iterable[Dialogue], settings: Settings
) -> Tagger | None:
    """A tagger of the spans of `given`, or of those that its calls repeat; None without any."""
    texts = [*islice(labelled_texts(given), MAX_TURNS)]
    labels = sorted({span.label for one in texts for span in one.spans})
    if not labels:
        return None
    features = settings.features
    featurizer = WordFeaturizer.fit(
        ((one.text, one.around) for one in texts), features.max_words, features.min_count
    )
    facts = TaggerFacts(featurizer, labels, SpanValues.fit(_values(texts)))
    other = [*islice(labelled_texts(held_out), MAX_TURNS)] or texts
    return _Training(facts, settings).fit(texts, other)


def labelled_texts(dialogues: Iterable[Dialogue]) -> Iterator[LabelledText]:
    """What the user said at every turn."""
    for dialogue in dialogues:
        if not any(turn.spans for turn in dialogue.turns):
            dialogue = weak_spans(dialogue)
        labels: dict[str, None] = {}
        before = Surroundings()
        for turn in dialogue.turns:
            if turn.user:
                yield LabelledText(turn.user, before, turn.spans)
            labels.update(dict.fromkeys(span.label for span in turn.spans))
            before = Surroundings(turn.actions or (), turn.system, tuple(labels))


def _values(texts: Iterable[LabelledText]) -> Iterator[tuple[str, str, Any]]:
    for text, _, spans in texts:
        for span in spans:
            words = text[span.start : span.end]
            yield span.label, words, words if span.value is None else span.value


def replaced_shares(texts: Iterable[LabelledText], labels: Sequence[str]) -> Floats:
    """How often the spans of each label are filled with other words.

    As often as the label's values are new ones: values over spans, whose numbers are all alike.
    *Shape:* (L,).
    """
    values: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for text, _, spans in texts:
        for span in spans:
            values[span.label][_DIGITS.sub("9", value_key(text[span.start : span.end]))] += 1
    rates = np.array([len(some) / some.total() for some in values.values()])
    return np.minimum(REPLACED * rates, MAX_SHARE)


class _Example(NamedTuple):
    """A text as numbers. *Shapes:* (3, T), (T,)."""

    words: Ints
    """Words, forms and endings."""
    targets: Ints
    columns: list[int]


class _Training:
    """A tagger while it is trained."""

    def __init__(self, facts: TaggerFacts, settings: Settings) -> None:
        self.facts = facts
        self.random = np.random.default_rng(settings.seed)
        self.network = TaggerNetwork(facts, settings.seed)
        self.model = self.network.training_model()
        self.model.compile(
            adam(settings.training, LEARNING_RATE),
            keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            ),
        )

    def fit(self, texts: Sequence[LabelledText], held_out: Sequence[LabelledText]) -> Tagger:
        """The best of the epochs by the spans found in `held_out`."""
        examples = [self._example(one) for one in texts]
        self.shares = replaced_shares(texts, self.facts.labels)
        self.pool = np.concatenate([one.words for one in examples], axis=1)
        best, best_score, since = Tagger(self.facts, self.network.weights()), -1.0, 0
        console = progress_console()
        for epoch in range(1, MAX_EPOCHS + 1):
            for inputs, targets, weights in self._epoch(examples):
                self.model.train_on_batch(inputs, targets, weights)
            tagger = self.tagger()
            score = span_f1(tagger, held_out)
            console.print(f"tagging: epoch {epoch}, span F1 {score:.4f} on {len(held_out)} texts")
            since += 1
            if score > best_score:
                best, best_score, since = tagger, score, 0
            if since >= PATIENCE:
                break
        return best

    def tagger(self) -> Tagger:
        """The tagger as it is, its weights averaged over the last steps."""
        return Tagger(self.facts, averaged(self.model, self.network))

    def _example(self, one: LabelledText) -> _Example:
        found = self.facts.featurizer.numbers(one.text)
        return _Example(
            np.array([found.words, found.forms, found.endings], np.int64).reshape(3, -1),
            np.array(encode(one.spans, found.tokens, self.facts.labels), np.int64),
            self.facts.featurizer.columns(one.around),
        )

    def _batches(self, examples: Sequence[_Example]) -> Iterator[tuple[Any, Ints, Array]]:
        """All examples once, in random order, texts of about one length together."""
        by_length: dict[int, list[_Example]] = {}
        for one in examples:
            size = next((length for length in LENGTHS if len(one.targets) <= length), LENGTHS[-1])
            by_length.setdefault(size, []).append(one)
        batches = []
        for length, some in sorted(by_length.items()):
            order = self.random.permutation(len(some))
            for first in range(0, len(some), BATCH):
                batches.append((length, [some[row] for row in order[first : first + BATCH]]))
        for number in self.random.permutation(len(batches)):
            yield self._batch(*batches[number])

    def _epoch(self, examples: Sequence[_Example]) -> Iterator[tuple[Any, Ints, Array]]:
        """All examples, as often as it takes for steps enough to show in the averaged weights."""
        for _ in range(math.ceil(MIN_STEPS * BATCH / len(examples)) if examples else 0):
            yield from self._batches(examples)

    def _batch(self, length: int, some: Sequence[_Example]) -> tuple[Any, Ints, Array]:
        shape = BATCH, length
        words = np.zeros((3, *shape), np.int32)
        targets, weights = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
        back = np.tile(np.arange(length, dtype=np.int32), (BATCH, 1))
        context = np.zeros((BATCH, len(self.facts.featurizer.context)), np.float32)
        for row, one in enumerate(some):
            numbers, labels = self._varied(one)
            size = min(len(labels), length)
            words[:, row, :size] = numbers[:, :size]
            targets[row, :size], weights[row, :size] = labels[:size], 1
            back[row, :size] = np.arange(size)[::-1]
            if self.random.random() >= CONTEXT_DROPPED:
                context[row, one.columns] = 1
        kept = self.random.random((BATCH, 2 * UNITS)) >= OUTPUTS_DROPPED
        inputs = {
            **dict(zip(("words", "forms", "endings"), words, strict=True)),
            "back": back,
            "context": context,
            "kept": (kept / (1 - OUTPUTS_DROPPED)).astype(np.float32),
        }
        return inputs, targets, weights

    def _varied(self, one: _Example) -> tuple[Ints, Ints]:
        """The text with some words hidden, and some spans filled with any words of the corpus."""
        words, targets = one.words.copy(), one.targets
        self._hide(words, DROPPED)
        starts = np.flatnonzero(targets % 2)[::-1]
        shares = self.shares[targets[starts] // 2]
        for start in starts[self.random.random(len(starts)) < shares]:
            inner = targets[start] + 1
            end = start + 1
            while end < len(targets) and targets[end] == inner:
                end += 1
            size = self.random.integers(1, MAX_REPLACED + 1)
            drawn = self.pool[:, self.random.integers(0, self.pool.shape[1], size)].copy()
            self._hide(drawn, 1 if self.random.random() < UNKNOWN_WORDS else UNKNOWN_AMONG)
            words = np.concatenate([words[:, :start], drawn, words[:, end:]], axis=1)
            labels = [targets[start], *[inner] * (size - 1)]
            targets = np.concatenate([targets[:start], labels, targets[end:]])
        return words, targets

    def _hide(self, words: Ints, share: float) -> None:
        """Make a share of the words unknown, and the endings of some of these. *Shape:* (3, T)."""
        chance = self.random.random(words.shape[1])
        words[0, chance < share] = UNKNOWN
        words[2, chance < share * UNKNOWN_ENDINGS] = UNKNOWN


def span_f1(tagger: Tagger, texts: Iterable[LabelledText]) -> float:
    """Micro-F1 of spans: right where start, end and label are."""
    right = found = wanted = 0
    for text, around, spans in texts:
        some = {(span.start, span.end, span.label) for span in tagger.spans(text, around)}
        others = {(span.start, span.end, span.label) for span in spans}
        right, found, wanted = right + len(some & others), found + len(some), wanted + len(others)
    return 2 * right / max(found + wanted, 1)


class TaggerNetwork:
    """The layers of a tagger."""

    def __init__(self, facts: TaggerFacts, seed: int) -> None:
        self.columns = len(facts.featurizer.context)
        seeds = iter(range(seed * 11, seed * 11 + 11))
        sizes = {"words": WORD_SIZE, "forms": FORM_SIZE, "endings": FORM_SIZE}
        self.layers: dict[str, Any] = {
            name: keras.layers.Embedding(
                len(getattr(facts.featurizer, name)) + 1,
                size,
                keras.initializers.RandomUniform(-SPREAD, SPREAD, seed=next(seeds)),
            )
            for name, size in sizes.items()
        }
        self.layers["context"] = _dense(CONTEXT_SIZE, "tanh", seeds)
        self.layers["forward"] = _lstm(seeds)
        self.layers["backward"] = _lstm(seeds)
        self.layers["output"] = _dense(2 * len(facts.labels) + 1, None, seeds)

    def weights(self) -> dict[str, Array]:
        """The arrays by the names that `Tagger` knows them by."""
        return named_weights(self.layers)

    def training_model(self) -> keras.Model:
        """Words, forms and endings (B, T) and context (B, C) to scores (B, T, L).

        `back` (B, T) are the places of the words from the last to the first, those of padding as
        they are; `kept` (B, 2U) says which outputs do not drop out.
        """
        layers = self.layers
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("words", "forms", "endings", "back")
        }
        inputs["context"] = keras.Input((self.columns,), name="context")
        inputs["kept"] = keras.Input((2 * UNITS,), name="kept")
        parts = [layers[name](inputs[name]) for name in ("words", "forms", "endings")]
        context = layers["context"](inputs["context"])[:, None] + 0 * parts[0][..., :1]
        known = ops.concatenate([*parts, context], axis=-1)
        there = layers["forward"](known)
        back = inputs["back"][..., None]
        turned = layers["backward"](ops.take_along_axis(known, back, axis=1))
        both = ops.concatenate([there, ops.take_along_axis(turned, back, axis=1)], axis=-1)
        scores = TimeDistributed(layers["output"])(both * inputs["kept"][:, None])
        return keras.Model(inputs, scores)


def _dense(size: int, activation: str | None, seeds: Iterator[int]) -> Any:
    glorot = keras.initializers.GlorotUniform(seed=next(seeds))
    return keras.layers.Dense(size, activation, kernel_initializer=glorot)


def _lstm(seeds: Iterator[int]) -> Any:
    return LSTM(
        UNITS,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
    )
