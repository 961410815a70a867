"""What the words of a span stand for: "half past 11" for "11:30", "SFO" for "San Francisco".

Pairs that training showed come first. Where the values of a label are dates, times or numbers,
words that were not seen are read as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal

from msgspec import Struct

from cueline.dialogue import Value
from cueline.policy.arguments.values import value_key
from cueline.tokenizer import fold

Kind = Literal["date", "time", "number", "text"]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d")
_WHOLE = re.compile(r"\d+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {word: number for number, word in enumerate(_UNITS.split())} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=2)
}
_PAST = re.compile(r"\b(half past|quarter past|quarter to) (\d{1,2})\b")
_MINUTES = {"half past": 30, "quarter past": 15, "quarter to": -15}
_HOUR = re.compile(rf"\b({'|'.join(_UNITS.split()[1:13])})\b")
_CLOCK = re.compile(r"\b(\d{1,2}(?::\d\d)?)(?!\S)")
_MORNING = re.compile(r"\b(morning|a\.?m)\b")
_LATER = re.compile(r"\b(afternoon|evening|night|tonight|p\.?m)\b")
_LARGE = {"hundred", "thousand", "million", "dozen"}
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
    patterns: dict[Kind, re.Pattern[str]] = {"date": _DATE, "time": _TIME, "number": _WHOLE}
    for kind, pattern in patterns.items():
        matching = sum(pattern.fullmatch(str(value)) is not None for value in values)
        if matching >= ENOUGH * len(values):
            return kind
    return "text"


def _moment(words: str, kind: Literal["date", "time"], reference: str | None) -> str | None:
    """A date or a time, where the words have a day or an hour."""
    from dateutil import parser  # takes as long to import as all the rest, and few need it

    if kind == "time":
        words = _as_clock(fold(words))
    base = datetime.combine(date.fromisoformat(reference or "2000-01-01"), time())
    found = set()
    for default in (base, base + timedelta(days=1, hours=1)):  # what is not said is of the default
        try:
            moment = parser.parse(words, default=default, fuzzy=True, ignoretz=True)
        except (ValueError, OverflowError):
            return None
        found.add(str(moment.strftime("%Y-%m-%d" if kind == "date" else "%H:%M")))
    return found.pop() if len(found) == 1 else None


def _as_clock(words: str) -> str:
    """English ways to say a time as `11:30 pm`: "half past 11 in the evening", "evening 5:15"."""
    words = _HOUR.sub(lambda hour: str(_NUMBERS[hour[0]]), words)
    words = _PAST.sub(_with_minutes, words)
    half = "am" if _MORNING.search(words) else "pm" if _LATER.search(words) else ""
    clock = _CLOCK.search(words)
    if clock is None:
        return words
    hour, _, minutes = clock[1].partition(":")
    return f"{hour}:{minutes or '00'} {half if 0 < int(hour) <= 12 else ''}"


def _with_minutes(found: re.Match[str]) -> str:
    hours, minutes = divmod(int(found[2]) * 60 + _MINUTES[found[1]], 60)
    return f"{hours or 12}:{minutes:02}"


def _number(words: str) -> str | None:
    """The first number: "1,000", "2.5", "twenty-five"; none of hundreds in words."""
    said = _GROUPED.sub("", fold(words)).replace("-", " ").split()
    for place, word in enumerate(said):
        if found := _NUMBER.search(word):
            return found[0]
        if word in _NUMBERS:
            number, following = _NUMBERS[word], said[place + 1 : place + 3]
            if number >= 20 and following and 0 < _NUMBERS.get(following[0], 0) < 10:
                number += _NUMBERS[following.pop(0)]
            return None if following and following[0] in _LARGE else str(number)
    return None
