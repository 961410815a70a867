"""Marks the values in the user's words that the system knows.

"in paris" becomes "in <city> paris" where the turn has the feature `city: "Paris"` or a list of
entities names Paris: what was learned about <city> then holds for a city never seen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from cueline.dialogue import Feature, categories
from cueline.tokenizer import value_words

Lexicon = dict[str, list[tuple[tuple[str, ...], str]]]
"""First word of a value -> (all its words, its marker)."""


def lexicon(entities: Mapping[str, Iterable[str]]) -> Lexicon:
    """An index of `entities` (kind -> values) by the first word of each value."""
    index: Lexicon = {}
    for kind, values in entities.items():
        for value in values:
            words = value_words(value)
            if words:
                index.setdefault(words[0], []).append((words, f"<{kind}>"))
    for entries in index.values():
        entries.sort()  # a value of two kinds is of the first by name
    return index


def of_features(features: Mapping[str, Feature], heard: Sequence[str]) -> Lexicon:
    """An index of the values of a turn's own features: its categories, single and in lists.

    Only features with a value whose first word is among the words `heard`: nearly always none.
    """
    spoken: dict[str, tuple[str, ...]] = {}
    for name, value in features.items():
        some = categories(value)
        if some and not _first_words(some).isdisjoint(heard):
            spoken[name] = some
    return lexicon(spoken)


@lru_cache(maxsize=65_536)
def _first_words(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words[0] for words in map(value_words, values) if words)


def mark(words: Sequence[str], lexicons: Sequence[Lexicon]) -> tuple[list[str], list[bool]]:
    """`words` with a marker before each known value, and which of them belong to a value.

    The longest value wins; among lexicons, the first.
    """
    if all(index.keys().isdisjoint(words) for index in lexicons):
        return list(words), [False] * len(words)
    marked: list[str] = []
    inside: list[bool] = []
    position = 0
    while position < len(words):
        value, marker = _longest(words, position, lexicons)
        if marker:
            marked.append(marker)
            inside.append(False)
        taken = words[position : position + max(len(value), 1)]
        marked.extend(taken)
        inside.extend([bool(marker)] * len(taken))
        position += len(taken)
    return marked, inside


def occurrences(words: Sequence[str], values: Iterable[tuple[str, ...]]) -> list[bool]:
    """Which of `words` belong to one of the `values`, which are words one after the other."""
    inside = [False] * len(words)
    for value in values:
        for start in range(len(words) - len(value) + 1):
            if tuple(words[start : start + len(value)]) == value:
                inside[start : start + len(value)] = [True] * len(value)
    return inside


def _longest(
    words: Sequence[str], position: int, lexicons: Sequence[Lexicon]
) -> tuple[tuple[str, ...], str]:
    best: tuple[tuple[str, ...], str] = ((), "")
    for index in lexicons:
        for value, marker in index.get(words[position], ()):
            if (
                len(value) > len(best[0])
                and tuple(words[position : position + len(value)]) == value
            ):
                best = (value, marker)
    return best
