from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("people", "twenty-five", "25"),
        ("people", "1,000 of us", "1000"),
        ("people", "two hundred", "two hundred"),
        ("date", "7 pm", "7 pm"),
        ("time", "March 21st", "March 21st"),
        ("time", "half past 11 in the morning", "11:30"),
        ("time", "quarter to 5 in the evening", "16:45"),
        ("time", "quarter to 1 in the afternoon", "12:45"),
        ("time", "evening 5:15", "17:15"),
        ("time", "5 o'clock in the afternoon", "17:00"),
        ("time", "9 pm", "21:00"),
        ("time", "half past four in the evening", "16:30"),
        ("time", "9:30pm", "21:30"),
        ("time", "19:30", "19:30"),
        ("city", "sfo", "San Francisco"),
        ("city", "Rome", "Rome"),
        ("name", "Ann", "Ann"),
    ],
)
def test_words_stand_for_values(label: str, words: str, value: str) -> None:
    assert SpanValues.fit(PAIRS).of(label, words) == value


ODD = ["7", "9" * 20, "25:61", "1:1e5", "²", "١٢", "-5", "nan", "utc", "z", "half past", "/"]
said = st.sampled_from(ODD) | st.text(max_size=6)


@given(st.sampled_from(["date", "time", "people"]), st.lists(said, max_size=6).map(" ".join))
def test_any_words_have_a_value(label: str, words: str) -> None:
    assert isinstance(SpanValues.fit(PAIRS).of(label, words), str)
