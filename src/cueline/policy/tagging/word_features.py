"""The words of a text as numbers: which word, which form, which ending; and what was going on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from msgspec import Struct

from cueline.tokenizer import Token, tokens, words

UNKNOWN = 0
"""The number of what training did not show."""
MAX_WORDS, MAX_FORMS, MAX_ENDINGS, MAX_CONTEXT = 8000, 100, 1000, 1500
"""Kept at the most, the most frequent first."""
ENDING = 3
"""Letters of an ending."""


class NumberedWords(NamedTuple):
    """The words of a text by their numbers, a list as long as there are words each."""

    tokens: list[Token]
    words: list[int]
    forms: list[int]
    endings: list[int]


class Surroundings(NamedTuple):
    """What was going on when a text was said."""

    actions: Sequence[str] = ()
    """What the system did just before."""
    system: str | None = None
    """What it said."""
    labels: Iterable[str] = ()
    """What the user named before."""

    def names(self) -> tuple[Iterable[str], Iterable[str], Iterable[str]]:
        """What there is of each of `KINDS`."""
        said = () if self.system is None else words(self.system, MAX_SAID)
        return self.actions, self.labels, said

    def marks(self) -> Iterator[str]:
        """Each of it by kind and name, once."""
        for kind, names in zip(KINDS, self.names(), strict=True):
            yield from (f"{kind}{name}" for name in dict.fromkeys(names))


KINDS = ("did ", "knows ", "said ")
"""What the system just did, what the user named before, what the system said."""
MAX_SAID = 60
"""Words of what the system said that count."""


class WordFeaturizer(Struct, dict=True):
    """Fitted on texts, it numbers their words; 0 is what it has not seen."""

    words: list[str]
    forms: list[str]
    endings: list[str]
    context: list[str]
    max_words: int

    @classmethod
    def fit(
        cls, texts: Iterable[tuple[str, Surroundings]], max_words: int, min_count: int
    ) -> WordFeaturizer:
        """Numbers for what is in at least `min_count` places."""
        counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
        for text, around in texts:
            found = tokens(text, max_words)
            counts[0].update(token.word for token in found)
            counts[1].update(form(text[token.start : token.end]) for token in found)
            counts[2].update(token.word[-ENDING:] for token in found)
            counts[3].update(around.marks())
        limits = (MAX_WORDS, MAX_FORMS, MAX_ENDINGS, MAX_CONTEXT)
        words, forms, endings, context = (
            sorted(name for name, count in some.most_common(limit) if count >= min_count)
            for some, limit in zip(counts, limits, strict=True)
        )
        return cls(words, forms, endings, context, max_words)

    def numbers(self, text: str) -> NumberedWords:
        """The words of `text`."""
        found = tokens(text, self.max_words)
        if not found:
            return NumberedWords([], [], [], [])
        number = self._number
        numbered = [number(token.word, text[token.start : token.end]) for token in found]
        return NumberedWords(found, *(list(some) for some in zip(*numbered, strict=True)))

    def columns(self, around: Surroundings) -> list[int]:
        """The numbers of what was going on, from 0."""
        return sorted(
            {
                known[name]
                for known, names in zip(self._columns, around.names(), strict=True)
                for name in names
                if name in known
            }
        )

    @cached_property
    def _number(self) -> Callable[[str, str], tuple[int, int, int]]:
        """From a word, and how it was typed, to the numbers of word, form and ending."""
        words, forms, endings = (
            {name: number for number, name in enumerate(names, start=1)}
            for names in (self.words, self.forms, self.endings)
        )

        @lru_cache(maxsize=65_536)
        def number(word: str, typed: str) -> tuple[int, int, int]:
            return (
                words.get(word, UNKNOWN),
                forms.get(form(typed), UNKNOWN),
                endings.get(word[-ENDING:], UNKNOWN),
            )

        return number

    @cached_property
    def _columns(self) -> tuple[dict[str, int], ...]:
        """For each kind of names, their numbers."""
        return tuple(
            {
                mark.removeprefix(kind): number
                for number, mark in enumerate(self.context)
                if mark.startswith(kind)
            }
            for kind in KINDS
        )


def form(word: str) -> str:
    """The form of a word as it was typed: `Aa`, `A`, `a9`; letters and digits in runs."""
    found: list[str] = []
    for character in word[:8]:
        if character.isdigit():
            kind = "9"
        elif character.isalpha():
            kind = "A" if character.isupper() else "a"
        else:
            kind = character
        if not found or found[-1] != kind:
            found.append(kind)
    return "".join(found)
