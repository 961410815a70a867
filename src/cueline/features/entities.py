"""What the user typed that is also a value the system knows of.

"in paris", where the turn has the feature `city: "Paris"` or an entity list names Paris, becomes
"in <city> paris": what was learned of a <city> then holds for one never seen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cueline.dialogue import Feature
from cueline.features.tokens import value_words

Lexicon = dict[str, list[tuple[tuple[str, ...], str]]]
"""First word of a value -> (all its words, its marker), the longest first."""


def lexicon(entities: Mapping[str, Iterable[str]]) -> Lexicon:
    """An index of `entities` (kind -> values) by the first word of each value."""
    index: Lexicon = {}
    for kind, values in entities.items():
        for value in values:
            words = value_words(value)
            if words:
                index.setdefault(words[0], []).append((words, f"<{kind}>"))
    for entries in index.values():
        if len(entries) > 1:
            entries.sort(key=lambda entry: (-len(entry[0]), entry[1]))
    return index


def of_features(features: Mapping[str, Feature], heard: Sequence[str]) -> Lexicon:
    """An index of a turn's own features, the categories, single and in lists.

    Only of values whose first word is among the words `heard`: nearly all are not.
    """
    first, said = set(heard), dict[str, list[str]]()
    for name, value in features.items():
        if isinstance(value, (str, tuple)):  # `str | tuple` would be made anew each time
            for one in (value,) if isinstance(value, str) else value:
                words = value_words(one)
                if words and words[0] in first:
                    said.setdefault(name, []).append(one)
    return lexicon(said)


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
