"""What the words of a span stand for: "half past 11" for "11:30", "SFO" for "San Francisco".

Pairs that training showed come first. Where the values of a label are dates, times or numbers,
words that were not seen are read as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Literal

from msgspec import Struct

from cueline.dialogue import Value
from cueline.policy.arguments.values import value_key
from cueline.tokenizer import fold

Kind = Literal["date", "time", "number", "text"]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d")
_NUMBER = re.compile(r"\d+")
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
ENOUGH = 0.8
"""The share of a label's values that are of a kind, for its new ones to be read so."""


class SpanValues(Struct):
    """What training showed of the values of spans."""

    known: Mapping[str, Mapping[str, Value]]
    """For each label: from the words, in one form, to the value."""
    kinds: Mapping[str, Kind]
    """The labels whose values are of one kind."""
    reference: str | None = None
    """The date that most dates have the year and month of."""

    @classmethod
    def fit(cls, pairs: Iterable[tuple[str, str, Value]]) -> SpanValues:
        """From label, words and value of each span."""
        seen: dict[str, dict[str, Counter[Value]]] = {}
        values: dict[str, list[Value]] = {}
        months: Counter[str] = Counter()
        for label, words, value in pairs:
            seen.setdefault(label, {}).setdefault(value_key(words), Counter())[value] += 1
            values.setdefault(label, []).append(value)
            if isinstance(value, str) and _DATE.fullmatch(value):
                months[value[:7]] += 1
        known = {
            label: {
                words: best
                for words, counts in sorted(some.items())
                for best in [counts.most_common(1)[0][0]]
                if best != words
            }
            for label, some in sorted(seen.items())
        }
        kinds = {label: _kind(some) for label, some in sorted(values.items())}
        reference = f"{months.most_common(1)[0][0]}-01" if months else None
        return cls(known, kinds, reference)

    def of(self, label: str, words: str) -> Value:
        """The value of `words`."""
        known = self.known.get(label, {}).get(value_key(words))
        if known is not None:
            return known
        match self.kinds.get(label):
            case "date" | "time" as kind:
                return _moment(words, kind, self.reference) or words
            case "number":
                return _number(words) or words
        return words


def _kind(values: list[Value]) -> Kind:
    patterns: dict[Kind, re.Pattern[str]] = {"date": _DATE, "time": _TIME, "number": _NUMBER}
    for kind, pattern in patterns.items():
        matching = sum(pattern.fullmatch(str(value)) is not None for value in values)
        if matching >= ENOUGH * len(values):
            return kind
    return "text"


def _moment(words: str, kind: Literal["date", "time"], reference: str | None) -> str | None:
    from dateutil import parser  # takes as long to import as all the rest, and few need it

    base = date.fromisoformat(reference) if reference else date(2000, 1, 1)
    try:
        found = parser.parse(words, default=datetime.combine(base, time()), fuzzy=True)
    except (ValueError, OverflowError):
        return None
    return str(found.strftime("%Y-%m-%d" if kind == "date" else "%H:%M"))


def _number(words: str) -> str | None:
    for word in fold(words).split():
        if word in _NUMBERS:
            return str(_NUMBERS[word])
        if found := _NUMBER.search(word):
            return found[0]
    return None
