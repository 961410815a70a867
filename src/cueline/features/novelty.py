"""How new a turn is: what it has in it that training never showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cueline.dialogue import Feature, Turn
from cueline.features.featurizer import Featurizer
from cueline.features.tokens import words
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
        return 2 * self.unknown_words > self.words or 2 * self.unknown_features > self.features


def novelty(featurizer: Featurizer, turn: Turn) -> Novelty:
    """What is new in `turn` to `featurizer`."""
    text = [] if turn.user is None else words(turn.user, featurizer.max_words)
    unknown = featurizer.vocabulary.words(text).count(UNKNOWN)
    return Novelty(len(text), unknown, len(turn.features), _strange(featurizer, turn))


def mostly_new(featurizer: Featurizer, turn: Turn, heard: Sequence[int]) -> bool:
    """`novelty(featurizer, turn).mostly`, where the turn's word numbers are there already.

    `heard` are those of its `TurnVector`. Nearly always no word among them is unknown, and then
    the text need not be looked at once more.
    """
    if UNKNOWN in heard:
        return novelty(featurizer, turn).mostly
    return 2 * _strange(featurizer, turn) > len(turn.features)


def _strange(featurizer: Featurizer, turn: Turn) -> int:
    """How many features of the turn training never had like that."""
    return sum(not _known(featurizer, name, value) for name, value in turn.features.items())


def _known(featurizer: Featurizer, name: str, value: Feature) -> bool:
    context = featurizer.context
    if isinstance(value, (str, tuple)):
        known = context.columns.get(name)
        if known is None or isinstance(value, str):
            return known is not None and value in known
        return known.keys() >= set(value)
    return (name, "boolean" if isinstance(value, bool) else "number") in context.index
