"""One sentence as the arrays of a fitted tagger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cueline.dialogue import Dialogue, Span
from cueline.lessons.lesson import Values
from cueline.lessons.numpy_layers import unrolled
from cueline.policy.arguments.memory import Memory
from cueline.policy.listener import Listener, surroundings
from cueline.policy.rnn_cells import LSTMCell
from cueline.policy.tagging import Tagger
from cueline.policy.tagging.labels import best_legal, may_follow
from cueline.policy.tagging.tagger import ALONE
from cueline.policy.tagging.word_features import NumberedWords, Surroundings


class Sentence(NamedTuple):
    """What the user said, and what was going on."""

    text: str
    around: Surroundings = ALONE


@dataclass(frozen=True)
class WordArrays:
    """A sentence of W words as `tagger` sees it, a layer at a time; the batch is one: B = 1.

    The tagger itself takes fewer and larger products for the same numbers.
    """

    tagger: Tagger
    sentence: Sentence

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words as they were typed."""
        text = self.sentence.text
        return tuple(text[token.start : token.end] for token in self._numbers.tokens)

    @cached_property
    def embedded(self) -> Values:
        """Embeddings of word, form and ending, then what was going on. *Shape:* (1, W, E)."""
        weights, found = self.tagger.weights, self._numbers
        columns = self.tagger.facts.featurizer.columns(self.sentence.around)
        context = weights["context.kernel"][columns].sum(axis=0) + weights["context.bias"]
        parts = (
            weights["words"][found.words],
            weights["forms"][found.forms],
            weights["endings"][found.endings],
            np.tile(np.tanh(context), (len(found.words), 1)),
        )
        return np.concatenate(parts, axis=1)[None]

    @cached_property
    def outputs(self) -> Values:
        """`Bidirectional(LSTM(U, return_sequences=True))`. *Shape:* (1, W, 2U)."""
        there = unrolled(self._cell("forward"), self.embedded)
        back = unrolled(self._cell("backward"), self.embedded[:, ::-1])[:, ::-1]
        return np.concatenate([there, back], axis=-1)

    @cached_property
    def scores(self) -> Values:
        """`TimeDistributed(Dense(L))`. *Shape:* (1, W, L)."""
        weights = self.tagger.weights
        return np.asarray(self.outputs @ weights["output.kernel"] + weights["output.bias"])

    @cached_property
    def tag_names(self) -> tuple[str, ...]:
        """The tags by number: `O`, then two for each label."""
        labels = self.tagger.facts.labels
        return ("O", *(f"{place}-{label}" for label in labels for place in "BI"))

    @cached_property
    def likeliest(self) -> list[int]:
        """The number of the tag with the highest score at each word."""
        return [int(number) for number in self.scores[0].argmax(axis=-1)]

    @cached_property
    def legal(self) -> list[int]:
        """The numbers of the tags on the best legal path."""
        return best_legal(self.scores[0], may_follow(len(self.tagger.facts.labels)))

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tag of each word."""
        return tuple(self.tag_names[number] for number in self.legal)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """What the user named."""
        return self.tagger.spans(*self.sentence)

    @cached_property
    def _numbers(self) -> NumberedWords:
        return self.tagger.facts.featurizer.numbers(self.sentence.text)

    def _cell(self, way: str) -> LSTMCell:
        parts = ("kernel", "recurrent", "bias")
        return LSTMCell(*(self.tagger.weights[f"{way}.{part}"] for part in parts))


def fullest_sentence(tagger: Tagger, dialogue: Dialogue) -> Sentence | None:
    """The turn in which most is heard, of those the one of most words; None where none are said."""
    listener, memory, previous = Listener(tagger), Memory(), tuple[str, ...]()
    best, most = None, (0, 0)
    for turn in dialogue.turns:
        heard = listener.hear(turn, memory, previous)
        text = turn.user or ""
        size = len(heard.spans), len(tagger.facts.featurizer.numbers(text).tokens)
        if size > most:
            best, most = Sentence(text, surroundings(memory, previous)), size
        memory = heard.memory.after_acting(turn.arguments, turn.system)
        previous = turn.actions or ()
    return best
