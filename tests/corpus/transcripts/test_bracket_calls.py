"""Calls in square brackets: what is written is read, and anything else is words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.transcripts.bracket_calls import bracket_calls
from cueline.corpus.transcripts.events import Call

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
names = st.sampled_from(["weather", "Find Parcel", "maps.route", "größe"])
calls = st.builds(
    Call, names, st.dictionaries(st.sampled_from(["number", "city", "note"]), values, max_size=3)
)


def written(call: Call, space: str) -> str:
    return f"{call.name}({f',{space}'.join(f'{k}={v!r}' for k, v in call.arguments.items())})"


@given(st.lists(calls, min_size=1, max_size=3), st.sampled_from(["", " ", "\n "]))
def test_what_is_written_is_read(some: list[Call], space: str) -> None:
    text = f"{space}[{space}{f',{space}'.join(written(call, space) for call in some)}]\n"
    assert bracket_calls(text, None) == some
    offered = frozenset(call.name for call in some)
    assert bracket_calls(text, offered) == some
    assert bracket_calls(text, offered - {some[-1].name}) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weather()",
        "[]",
        "[weather]",
        "[see below (in short)]",
        "[weather() and more()]",
        "[weather(), ",
        "[weather(), more(]",
        "[weather(city)]",
        "[weather(city=here)]",
        "[weather(city='Rome']",
        "[weather(**cities)] [x()]",
        "[weather()=1, f()]",
        "[(1, 2)]",
        "Look: [weather()]",
    ],
)
def test_what_is_no_list_of_calls_is_words(text: str) -> None:
    assert bracket_calls(text, None) == []


@given(st.text(st.sampled_from("[](){}='\",ab \\"), max_size=20))
def test_no_text_is_an_error(text: str) -> None:
    found: list[Any] = bracket_calls(f"[{text})]", None)
    assert all(isinstance(call, Call) and call.name for call in found)
