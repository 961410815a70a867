"""Words and word pairs to numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from msgspec import Struct

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
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
            if pairs:
                counts.update(map(" ".join, pairwise(text)))
        frequent = [entry for entry, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda entry: (-counts[entry], entry))
        return cls(_SPECIAL + frequent[:limit])

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
        return [index[word] if word in index else _unseen(word) for word in text]

    def word_pairs(self, text: Sequence[str]) -> list[int]:
        """The numbers of the pairs that are known; the others are left out."""
        if not self.pairs:
            return []
        index = self.index
        return [index[pair] for pair in map(" ".join, pairwise(text)) if pair in index]


def _unseen(word: str) -> int:
    return NUMBER if any(map(str.isdigit, word)) else UNKNOWN
