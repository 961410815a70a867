"""What a featurizer is fitted to: how often each word, value and number occurs, and which actions.

Counts of two parts of a corpus add up to those of both, in whichever order they are added: so the
parts may be counted anywhere, and the whole gives the same featurizer. Their size is that of what
is different in a corpus, not of how much there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct, field

from cueline.dialogue import Dialogue, categories, is_vector
from cueline.errors import CorpusError
from cueline.features.entities import Lexicon, mark, of_features
from cueline.tokenizer import words


class VectorLength(Struct, frozen=True):
    """How long the vectors of a feature are, and where the first one stands."""

    numbers: int
    where: str

    def check(self, name: str, other: VectorLength) -> None:
        """Raise `CorpusError` where another one of the feature is of another length."""
        if self.numbers != other.numbers:
            raise CorpusError(
                f"{other.where}: the feature {name!r} has {other.numbers} numbers; it has "
                f"{self.numbers} in {self.where}; vectors of one name are equally long"
            )


class ContextCounts(Struct):
    """Counts of the context features."""

    numbers: dict[str, Counter[float]] = {}
    values: dict[str, Counter[str]] = {}
    """In how many dialogues each value of a category occurs."""
    booleans: set[str] = set()
    vectors: dict[str, VectorLength] = {}

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue]) -> ContextCounts:
        """Those of `dialogues`."""
        counts = cls()
        for dialogue in dialogues:
            counts.see(dialogue)
        return counts

    def see(self, dialogue: Dialogue) -> None:
        """Count one more dialogue; raises `CorpusError` for vectors of different lengths."""
        seen: dict[str, set[str]] = {}
        for number, turn in enumerate(dialogue.turns):
            for name, value in turn.features.items():
                if isinstance(value, bool):
                    self.booleans.add(name)
                elif isinstance(value, int | float):
                    self.numbers.setdefault(name, Counter())[float(value)] += 1
                elif is_vector(value):
                    self._vector(name, len(value), dialogue, number)
                else:
                    seen.setdefault(name, set()).update(categories(value))
        for name, names in seen.items():
            self.values.setdefault(name, Counter()).update(names)

    def _vector(self, name: str, numbers: int, dialogue: Dialogue, turn: int) -> None:
        known = self.vectors.get(name)
        if known is None or known.numbers != numbers:
            here = VectorLength(numbers, f"dialogue {dialogue.id!r} turn {turn}")
            self.vectors.setdefault(name, here).check(name, here)

    def __iadd__(self, other: ContextCounts) -> ContextCounts:
        for name, vector in other.vectors.items():
            self.vectors.setdefault(name, vector).check(name, vector)
        _add_all(self.numbers, other.numbers)
        _add_all(self.values, other.values)
        self.booleans |= other.booleans
        return self


class FeatureCounts(Struct):
    """Counts of all that a featurizer is fitted to."""

    words: Counter[str] = field(default_factory=Counter)
    """Words, and pairs of them with a space between."""
    context: ContextCounts = field(default_factory=ContextCounts)
    actions: set[str] = field(default_factory=set)
    """Done or offered."""
    offers: bool = False
    """Whether any turn says which actions are available."""

    @classmethod
    def of(
        cls, dialogues: Iterable[Dialogue], known: Lexicon, max_words: int, pairs: bool
    ) -> FeatureCounts:
        """Those of `dialogues`, where the entities are `known`."""
        counts = cls()
        for dialogue in dialogues:
            counts.context.see(dialogue)
            for turn in dialogue.turns:
                counts.actions.update(turn.actions or (), turn.available or ())
                counts.offers = counts.offers or turn.available is not None
                if turn.user is not None:
                    text = words(turn.user, max_words)
                    text = mark(text, (of_features(turn.features, text), known))[0]
                    count_words(counts.words, text, pairs)
        return counts

    @classmethod
    def together(cls, parts: Iterable[FeatureCounts]) -> FeatureCounts:
        """Those of all `parts`; each may be used up."""
        both = cls()
        for part in parts:
            both += part
        return both

    def __iadd__(self, other: FeatureCounts) -> FeatureCounts:
        self.words.update(other.words)
        self.context += other.context
        self.actions |= other.actions
        self.offers = self.offers or other.offers
        return self


def count_words(counts: Counter[str], text: Sequence[str], pairs: bool) -> None:
    """Count the words of one text, and its `pairs` if wanted."""
    counts.update(text)
    if pairs:
        counts.update(map(" ".join, pairwise(text)))


def _add_all(ours: dict[str, Counter[Any]], theirs: Mapping[str, Counter[Any]]) -> None:
    for name, counts in theirs.items():
        ours.setdefault(name, Counter()).update(counts)
