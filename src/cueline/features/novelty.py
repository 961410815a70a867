"""How new a turn is: what it has in it that training never showed."""

from __future__ import annotations

from typing import NamedTuple

from cueline.dialogue import Turn
from cueline.features.featurizer import Featurizer, TurnVector
from cueline.features.tokenizer import words
from cueline.features.vocabulary import UNKNOWN


class Novelty(NamedTuple):
    """Counts at one turn."""

    words: int
    unknown_words: int
    features: int
    unknown_features: int
    """Features of a name, or with a value, that training never had."""

    @property
    def mostly(self) -> bool:
        """Whether more than half of its words are new, or more than half of its features."""
        features = _mostly(self.unknown_features, self.features)
        return features or _mostly(self.unknown_words, self.words)


def _mostly(some: int, of: int) -> bool:
    return 2 * some > of


def novelty(featurizer: Featurizer, turn: Turn) -> Novelty:
    """What is new in `turn` to `featurizer`."""
    columns, _ = featurizer.context.entries(turn.features)
    novel = featurizer.context.novel(turn.features, columns)
    return Novelty(*_words(featurizer, turn), len(turn.features), novel)


def mostly_new(featurizer: Featurizer, turn: Turn, vector: TurnVector) -> bool:
    """`novelty(featurizer, turn).mostly`, where the turn's numbers, `vector`, are there already."""
    first = len(featurizer.actions) + 1
    columns = [column - first for column in vector.columns]
    if _mostly(featurizer.context.novel(turn.features, columns), len(turn.features)):
        return True
    # Of these numbers, those of pairs and of markers among them, a fourth are the user's words.
    if 8 * vector.words.count(UNKNOWN) <= len(vector.words):
        return False
    said, unknown = _words(featurizer, turn)
    return _mostly(unknown, said)


def _words(featurizer: Featurizer, turn: Turn) -> tuple[int, int]:
    """How many the user said, and how many of them are unknown."""
    text = [] if turn.user is None else words(turn.user, featurizer.max_words)
    return len(text), featurizer.vocabulary.words(text).count(UNKNOWN)
