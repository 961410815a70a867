from __future__ import annotations

import pytest

from cueline.policy.tagging.span_values import SpanValues

PAIRS = [
    *[("date", f"March {day}", f"2019-03-{day:02}") for day in range(1, 9)],
    ("date", "today", "2019-03-01"),
    *[("time", f"{hour} pm", f"{hour + 12}:00") for hour in range(1, 9)],
    *[("people", word, str(n)) for n, word in enumerate(["one", "two", "three", "4"], start=1)],
    ("city", "SFO", "San Francisco"),
    ("city", "Paris", "Paris"),
]


@pytest.mark.parametrize(
    ("label", "words", "value"),
    [
        ("date", "Today", "2019-03-01"),
        ("date", "March 21st", "2019-03-21"),
        ("date", "the 12th", "2019-03-12"),
        ("date", "soon", "soon"),
        ("time", "quarter past", "quarter past"),
        ("time", "11:15 am", "11:15"),
        ("people", "seven people", "7"),
        ("people", "a few", "a few"),
        ("city", "sfo", "San Francisco"),
        ("city", "Rome", "Rome"),
        ("name", "Ann", "Ann"),
    ],
)
def test_words_stand_for_values(label: str, words: str, value: str) -> None:
    assert SpanValues.fit(PAIRS).of(label, words) == value
