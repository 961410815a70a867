from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.transcripts.bounds import cut
from cueline.corpus.transcripts.events import (
    STEP_ENDED,
    Call,
    Event,
    Result,
    SystemSaid,
    ToolsOffered,
    UserSaid,
)
from cueline.corpus.transcripts.turns import (
    CUT,
    NO_ARGUMENTS,
    NO_CALL,
    NO_TARGET,
    NO_TURN,
    NOT_OFFERED,
    UNANSWERED,
    turns_of,
)
from cueline.dialogue import Turn

ASKED = UserSaid("where?")


def turns(*events: Event) -> list[Turn]:
    return turns_of(events).turns


def known(*events: Event) -> list[Any]:
    """The results at each turn, and in one more at the end."""
    return [turn.results for turn in turns(*events, SystemSaid("done"))]


def test_words_and_calls_in_a_row_are_one_turn() -> None:
    (turn,) = turns(ASKED, SystemSaid("Let me look."), Call("track"), Call("weather"))
    called = {"track": ({},), "weather": ({},)}
    assert turn == Turn("where?", {}, None, ("track", "weather"), "Let me look.", arguments=called)


def test_a_step_that_ended_is_a_turn_of_its_own() -> None:
    first, second = turns(ASKED, SystemSaid("One moment."), STEP_ENDED, Call("track"), STEP_ENDED)
    assert first == Turn("where?", {}, None, ("respond",), "One moment.")
    assert second == Turn(None, {}, None, ("track",), arguments={"track": ({},)})


def test_steps_in_which_nothing_is_done_are_no_turns() -> None:
    assert turns(ASKED, STEP_ENDED, STEP_ENDED, Call("track")) == turns(ASKED, Call("track"))


def test_a_result_ends_a_turn_and_is_known_in_the_next() -> None:
    first, second = turns(ASKED, Call("track", id="c"), Result("sent", "c"), SystemSaid("Sent."))
    assert (first.features, first.results) == ({}, {})
    assert second == Turn(
        None,
        {"answered": ("track",), "result": ("text",)},
        None,
        ("respond",),
        "Sent.",
        results={"track": ("sent",)},
    )


def test_a_result_that_stands_before_its_call_is_known_only_after_it() -> None:
    early = (ASKED, Result("sent", "c"), Call("track", id="c"), STEP_ENDED, SystemSaid("Sent."))
    late = (ASKED, Call("track", id="c"), Result("sent", "c"), SystemSaid("Sent."))
    assert turns(*early) == turns(*late)


def test_a_result_without_its_call_is_no_feature_and_is_counted() -> None:
    for orphan in (Result("sent", "x"), Result("sent", name="track"), Result("sent")):
        made = turns_of([ASKED, orphan, SystemSaid("Sent.")])
        assert made.turns == turns(ASKED, SystemSaid("Sent."))
        assert made.left_out == {NO_CALL: 1}


def test_results_find_their_calls_by_id_by_name_and_by_place() -> None:
    calls = (Call("a", id="1"), Call("b", id="2"))
    by_id = (*calls, Result("B", "2"), Result("A", "1"))
    by_name = (Call("a"), Call("b"), Result("B", name="b"), Result("A", name="a"))
    by_place = (Call("a"), Call("b"), Result("A"), Result("B"))
    for events in (by_id, by_name, by_place):
        assert known(*events) == [{}, {"a": ("A",), "b": ("B",)}]


def test_results_of_one_tool_stand_in_the_order_of_its_calls() -> None:
    calls = (Call("a", {"n": 1}, "1"), Call("a", {"n": 2}, "2"))
    first, second = turns(*calls, Result("two", "2"), Result("one", "1"), SystemSaid("done"))
    assert first.arguments == {"a": ({"n": 1}, {"n": 2})}
    assert second.results == {"a": ("one", "two")}


def test_an_id_that_is_used_again_means_the_last_call() -> None:
    found = known(Call("a", id="0"), Result(1, "0"), Call("b", id="0"), Result(2, "0"))
    assert found == [{}, {"a": (1,)}, {"b": (2,)}]


def test_calls_of_one_turn_with_the_same_id_have_a_result_each() -> None:
    made = turns_of(
        [Call("a", id="0"), Call("b", id="0"), Result(1, "0"), Result(2, "0"), SystemSaid("done")]
    )
    assert made.turns[1].results == {"a": (1,), "b": (2,)}
    assert made.turns[1].features["answered"] == ("a", "b")


def test_a_user_who_speaks_before_the_result_is_heard_with_it() -> None:
    _, second = turns(
        ASKED, Call("track", id="c"), UserSaid("hello?"), Result("sent", "c"), SystemSaid("Sent.")
    )
    assert (second.user, second.features["answered"]) == ("hello?", ("track",))


def test_tools_offered_count_from_the_next_turn_on() -> None:
    first, second = turns(
        ToolsOffered(("a",)), ASKED, Call("a"), ToolsOffered(("b",)), STEP_ENDED, Call("b")
    )
    assert (first.available, second.available) == (("a", "respond"), ("b", "respond"))
    assert turns(ToolsOffered(("a",)), ToolsOffered(None), Call("b"))[0].available is None


def test_turns_that_cannot_be_targets_are_left_out_and_what_they_heard_is_past() -> None:
    never = (Call("x"), SystemSaid("bad", target=False))
    for act, reason in zip(never, (NOT_OFFERED, NO_TARGET), strict=True):
        made = turns_of([ToolsOffered(("a",)), ASKED, act, STEP_ENDED, UserSaid("b"), Call("a")])
        assert made.turns == [Turn("b", {}, ("a", "respond"), ("a",), arguments={"a": ({},)})]
        assert made.left_out == {reason: 1}


def test_words_that_nobody_answered_are_counted() -> None:
    assert turns_of([ASKED]).left_out == {UNANSWERED: 1}


@pytest.mark.parametrize(
    "given, kept",
    [
        (None, {}),
        ({"n": 1}, {"n": 1}),
        ("*** Begin Patch", {"input": "*** Begin Patch"}),
        ([7], {"input": [7]}),
        (7, {"input": 7}),
    ],
)
def test_arguments_that_are_no_object_are_the_argument_input(given: Any, kept: Any) -> None:
    assert turns(ASKED, Call("track", given))[0].arguments == {"track": (kept,)}


def test_arguments_that_are_cut_off_are_counted_with_those_beside_them() -> None:
    made = turns_of([Call("track", {"n": 1}), Call("track", '{"n": '), Call("weather", {})])
    assert made.turns[0].actions == ("track", "weather")
    assert made.turns[0].arguments == {"weather": ({},)}
    assert made.left_out == {NO_ARGUMENTS: 2}


def test_results_that_no_turn_follows_are_counted() -> None:
    made = turns_of([Call("a"), Call("b"), Result("A"), Result("B")])
    assert made.left_out == {NO_TURN: 2}


def test_a_long_result_is_cut_and_counted() -> None:
    made = turns_of([Call("a"), Result("x" * 30_000), SystemSaid("done")])
    assert made.turns[1].results == {"a": ("x" * 20_000,)}
    assert made.left_out == {CUT: 1}
    (rows,) = turns_of([Call("a"), Result([{"n": 1}] * 9000), SystemSaid("")]).turns[1].results["a"]
    assert 1000 < len(rows) < 9000
    assert {"n": 1} in rows


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@given(JSON, st.integers(10, 60))
def test_what_is_cut_begins_as_the_whole_and_fits(value: Any, limit: int) -> None:
    found = cut(value, limit)
    fits = isinstance(value, str) or len(msgspec.json.encode(value)) <= limit
    if fits:
        assert found == value[:limit] if isinstance(value, str) else found is value
    elif isinstance(value, list | dict):
        assert begins(found, value)
        assert len(msgspec.json.encode(found)) <= limit + 30


def begins(part: Any, whole: Any) -> bool:
    match whole:
        case str():
            return whole.startswith(part)
        case list():
            return len(part) <= len(whole) and all(map(begins, part, whole))
        case dict():
            return list(part) == list(whole)[: len(part)] and all(
                begins(part[name], whole[name]) for name in part
            )
    return bool(part == whole)


def test_arguments_are_those_of_the_turns_own_calls() -> None:
    first, second = turns(
        ASKED,
        Call("track", {"n": 1}, "c"),
        Call("track", {"n": 2}),
        Call("look"),
        Result('{"ok": true}', "c"),
        Call("close", {}),
    )
    assert first.arguments == {"track": ({"n": 1}, {"n": 2}), "look": ({},)}
    assert first.results == {}
    assert second.arguments == {"close": ({},)}
    assert second.results == {"track": ({"ok": True},)}
