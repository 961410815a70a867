"""How new a turn is: how much of it never occurred in training."""

from __future__ import annotations

from typing import NamedTuple

from cueline.dialogue import Turn
from cueline.features.featurizer import Featurizer, TurnVector
from cueline.features.vocabulary import UNKNOWN
from cueline.tokenizer import words


class Novelty(NamedTuple):
    """Counts at one turn."""

    words: int
    unknown_words: int
    features: int
    unknown_features: int
    """Features whose name or value never occurred in training."""

    @property
    def mostly(self) -> bool:
        """Whether more than half of its words are new, or more than half of its features."""
        features = _mostly(self.unknown_features, self.features)
        return features or _mostly(self.unknown_words, self.words)


class Newness(NamedTuple):
    """Shares of a turn that never occurred in training, as the network sees it."""

    words: float
    """The share of unknown words, among words and known pairs."""
    values: float
    """The share of categories with an unseen value."""


def newness(featurizer: Featurizer, vector: TurnVector) -> Newness:
    """How new a turn is."""
    words, (present, unseen) = vector.words, featurizer.category_columns
    there = len(present.intersection(vector.columns))
    return Newness(
        words.count(UNKNOWN) / len(words) if words else 0.0,
        len(unseen.intersection(vector.columns)) / there if there else 0.0,
    )


def _mostly(part: int, total: int) -> bool:
    return 2 * part > total


def novelty(featurizer: Featurizer, turn: Turn) -> Novelty:
    """How much of `turn` is new to `featurizer`."""
    columns, _ = featurizer.context.entries(turn.features)
    novel = featurizer.context.novel(turn.features, columns)
    return Novelty(*_words(featurizer, turn), len(turn.features), novel)


def mostly_new(featurizer: Featurizer, turn: Turn, vector: TurnVector) -> bool:
    """`novelty(featurizer, turn).mostly`, faster where the turn's `vector` is at hand."""
    first = len(featurizer.actions) + 1
    columns = [column - first for column in vector.columns]
    if _mostly(featurizer.context.novel(turn.features, columns), len(turn.features)):
        return True
    # A fourth of these numbers or more are words: n words have at most n markers and 2 n pairs. So
    # where more than half of the words are unknown, more than an eighth of the numbers are.
    if 8 * vector.words.count(UNKNOWN) <= len(vector.words):
        return False
    count, unknown = _words(featurizer, turn)
    return _mostly(unknown, count)


def _words(featurizer: Featurizer, turn: Turn) -> tuple[int, int]:
    """How many words the user said, and how many of them are unknown."""
    text = [] if turn.user is None else words(turn.user, featurizer.max_words)
    return len(text), featurizer.vocabulary.words(text).count(UNKNOWN)
