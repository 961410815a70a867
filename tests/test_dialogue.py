from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import CorpusError
from tests.corpus.formats.test_jsonl import dialogues


@given(dialogues)
def test_json_of_a_dialogue_is_the_dialogue(dialogue: Dialogue) -> None:
    again = msgspec.json.decode(msgspec.json.encode(dialogue), type=Dialogue)
    assert again == dialogue
    assert msgspec.json.encode(again) == msgspec.json.encode(dialogue)


def test_what_is_by_default_is_not_written() -> None:
    dialogue = Dialogue("d", (Turn(None, actions=()),))
    expected = b'{"id":"d","turns":[{"user":null,"actions":[]}]}'
    assert msgspec.json.encode(dialogue) == expected


@pytest.mark.parametrize("field", ["actions", "available"])
def test_a_string_is_no_list_of_names(field: str) -> None:
    with pytest.raises(CorpusError, match=f"`{field}` is a tuple of names, not the string 'greet'"):
        Turn("hi", **{field: "greet"})


def test_lists_are_taken_for_tuples() -> None:
    given = Turn("hi", {"known": ["food"], "n": 3}, ["greet"], ["greet"])  # type: ignore[dict-item, arg-type]
    assert given == Turn("hi", {"known": ("food",), "n": 3}, ("greet",), ("greet",))


@given(st.integers(min_value=10**309) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_is_finite(number: float) -> None:
    for features in ({"n": number}, {"m": -number, "list": ["a"]}):
        with pytest.raises(CorpusError, match="not a finite number"):
            Turn("hi", features)  # type: ignore[arg-type]


def test_a_list_of_numbers_is_a_vector() -> None:
    expected = Turn("hi", {"v": (1.0, 0.5)})
    for value in ([1, 0.5], (1, 0.5), np.array([1, 0.5]), np.array([1, 0.5], np.float32)):
        turn = Turn("hi", {"v": value})  # type: ignore[dict-item]
        assert turn == expected
        assert [*map(type, turn.features["v"])] == [float, float]  # type: ignore[arg-type]
    assert msgspec.json.decode(b'{"user":"hi","features":{"v":[1,0.5]}}', type=Turn) == expected
    assert "2 numbers" in Dialogue("d", (expected,))._repr_html_()


@pytest.mark.parametrize(
    "values, what",
    [
        (["a", 1.0], "neither of names alone nor of numbers alone"),
        ([1.0, "a"], "neither of names alone nor of numbers alone"),
        ([1.0, True], "neither of names alone nor of numbers alone"),
        ([[1.0], [2.0]], "neither of names alone nor of numbers alone"),
        ([1.0, math.nan], "holds a number that is not finite"),
        ([1.0, 10**400], "holds a number that is not finite"),
    ],
)
def test_a_list_is_of_finite_numbers_or_of_names(values: list[object], what: str) -> None:
    for value in (values, tuple(values)):
        with pytest.raises(CorpusError, match=f"the feature 'v' .*{what}"):
            Turn("hi", {"a": ("b",), "v": value})  # type: ignore[dict-item]


@pytest.mark.parametrize("field", ["actions", "available"])
def test_an_action_has_a_name(field: str) -> None:
    for names in (("",), ["greet", ""]):
        with pytest.raises(CorpusError, match="an action has an empty name; leave it out"):
            Turn("hi", **{field: names})  # type: ignore[arg-type]


@pytest.mark.parametrize(("id", "turns"), [("", (Turn("hi"),)), ("d", ())])
def test_a_dialogue_has_an_id_and_a_turn(id: str, turns: tuple[Turn, ...]) -> None:
    with pytest.raises(CorpusError, match="a dialogue has an id and at least one turn"):
        Dialogue(id, turns)


@given(st.text(max_size=4), st.integers(0, 6), st.integers(0, 6))
def test_a_span_is_within_the_words_of_the_user(user: str, start: int, end: int) -> None:
    if start < end <= len(user):
        assert Turn(user, spans=[Span(start, end, "food")]).spans[0].end == end  # type: ignore[arg-type]
        return
    with pytest.raises(CorpusError, match="span"):
        Turn(user, spans=(Span(start, end, "food"),))


def test_a_silent_user_has_no_spans() -> None:
    with pytest.raises(CorpusError, match="the span 'food' ends at character 1, but `user` has 0"):
        Turn(None, spans=(Span(0, 1, "food"),))


def test_arguments_are_those_of_an_action_that_is_done() -> None:
    calls = {"book": ({"people": 6}, {"people": 2})}
    assert Turn("six", actions=("book",), arguments=calls).arguments == calls
    assert Turn("six", arguments=calls).arguments == calls
    with pytest.raises(CorpusError, match="arguments for 'book', which is not in `actions`"):
        Turn("six", actions=("offer",), arguments=calls)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_of_calls_are_finite(number: float) -> None:
    for wrong in (
        {"arguments": {"a": ({"n": [1, {"m": number}]},)}},
        {"results": {"a": (number,)}},
        {"spans": (Span(0, 1, "x", number),)},
    ):
        with pytest.raises(CorpusError, match=f"{number}"):
            Turn("x", actions=("a",), **wrong)


def test_calls_and_results_are_lists() -> None:
    turn = Turn("x", actions=("a",), arguments={"a": [{"n": 1}]}, results={"b": [1]})
    assert (turn.arguments, turn.results) == ({"a": ({"n": 1},)}, {"b": (1,)})
    for wrong in ({"arguments": {"a": {"n": 1}}}, {"results": {"b": "sent"}}):
        with pytest.raises(CorpusError, match="are a list, an item a call, not a"):
            Turn("x", actions=("a",), **wrong)
