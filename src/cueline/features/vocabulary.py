"""Words and word pairs to numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from msgspec import Struct

from cueline.features.counts import count_words

UNKNOWN, NUMBER = 0, 1
_SPECIAL = ["<unknown>", "<number>"]


class Vocabulary(Struct, dict=True):
    """The words and pairs that have an embedding of their own; `V` of them in every shape.

    A pair stands in the list as its two words with a space between.
    """

    entries: list[str]

    @classmethod
    def fit(
        cls, texts: Iterable[Sequence[str]], pairs: bool, min_count: int, limit: int
    ) -> Vocabulary:
        """The most frequent words and pairs of `texts`, ties in alphabetical order."""
        return cls(_SPECIAL).extended(texts, pairs, min_count, limit)

    @classmethod
    def of(cls, counts: Counter[str], min_count: int, limit: int) -> Vocabulary:
        """The most frequent words and pairs of those counted, ties in alphabetical order."""
        return cls(_SPECIAL).grown(counts, min_count, limit)

    def extended(
        self, texts: Iterable[Sequence[str]], pairs: bool, min_count: int, limit: int
    ) -> Vocabulary:
        """With the most frequent new ones of `texts` after those it has, which keep their numbers.

        At most `limit` are added.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            count_words(counts, text, pairs)
        return self.grown(counts, min_count, limit)

    def grown(self, counts: Counter[str], min_count: int, limit: int) -> Vocabulary:
        """`extended` by what was counted."""
        new = [entry for entry, n in counts.items() if n >= min_count and entry not in self.index]
        new.sort(key=lambda entry: (-counts[entry], entry))
        return Vocabulary(self.entries + new[:limit])

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def index(self) -> dict[str, int]:
        """Entry to number."""
        return {entry: number for number, entry in enumerate(self.entries)}

    @cached_property
    def pairs(self) -> bool:
        """Whether there is any pair in it."""
        return any(" " in entry for entry in self.entries)

    def words(self, text: Sequence[str]) -> list[int]:
        """The number of each word; one never seen is `UNKNOWN`, or `NUMBER` with a digit in it."""
        index = self.index
        return [index[word] if word in index else unseen(word) for word in text]

    def word_pairs(self, text: Sequence[str]) -> list[int]:
        """The numbers of the pairs that are known; the others are left out."""
        if not self.pairs:
            return []
        numbers = map(self.index.get, map(" ".join, pairwise(text)))
        return [number for number in numbers if number is not None]


def unseen(word: str) -> int:
    """The number of a word that has none of its own."""
    return NUMBER if any(map(str.isdigit, word)) else UNKNOWN
