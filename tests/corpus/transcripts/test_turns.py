from __future__ import annotations

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
    NO_CALL,
    NO_OBJECT,
    NO_TARGET,
    NOT_OFFERED,
    UNANSWERED,
    turns_of,
)
from cueline.dialogue import Turn

ASKED = UserSaid("where?")


def turns(*events: Event) -> list[Turn]:
    return turns_of(events).turns


def test_words_and_calls_in_a_row_are_one_turn() -> None:
    (turn,) = turns(ASKED, SystemSaid("Let me look."), Call("track"), Call("weather"))
    assert turn == Turn("where?", {}, None, ("track", "weather"), "Let me look.")


def test_a_step_that_ended_is_a_turn_of_its_own() -> None:
    first, second = turns(ASKED, SystemSaid("One moment."), STEP_ENDED, Call("track"), STEP_ENDED)
    assert first == Turn("where?", {}, None, ("respond",), "One moment.")
    assert second == Turn(None, {}, None, ("track",), None)


def test_steps_in_which_nothing_is_done_are_no_turns() -> None:
    assert turns(ASKED, STEP_ENDED, STEP_ENDED, Call("track")) == turns(ASKED, Call("track"))


def test_a_result_ends_a_turn_and_is_known_in_the_next() -> None:
    first, second = turns(ASKED, Call("track", id="c"), Result("sent", "c"), SystemSaid("Sent."))
    assert first.features == {}
    assert second == Turn(
        None,
        {"answered": ("track",), "result": ("text",)},
        None,
        ("respond",),
        "Sent.",
        results={"track": ("sent",)},
    )


def test_arguments_are_those_of_the_turns_own_calls() -> None:
    first, second = turns(
        ASKED,
        Call("track", {"n": 1}, "c"),
        Call("track", {"n": 2}),
        Call("look"),
        Result('{"ok": true}', "c"),
        Call("close", {}),
    )
    assert first.arguments == {"track": ({"n": 1}, {"n": 2})}
    assert first.results == {}
    assert second.arguments == {"close": ({},)}
    assert second.results == {"track": ({"ok": True},)}


def test_arguments_that_are_no_object_are_counted() -> None:
    made = turns_of([ASKED, Call("track", "x")])
    assert made.turns[0].arguments == {}
    assert made.left_out == {NO_OBJECT: 1}


def test_a_result_that_stands_before_its_call_is_known_only_after_it() -> None:
    early = (ASKED, Result("sent", "c"), Call("track", id="c"), STEP_ENDED, SystemSaid("Sent."))
    late = (ASKED, Call("track", id="c"), Result("sent", "c"), SystemSaid("Sent."))
    assert turns(*early) == turns(*late)
    assert turns_of(early).calls == turns_of(late).calls


def test_a_result_without_its_call_is_no_feature_and_is_counted() -> None:
    for orphan in (Result("sent", "x"), Result("sent", name="track"), Result("sent")):
        made = turns_of([ASKED, orphan, SystemSaid("Sent.")])
        assert made.turns == turns(ASKED, SystemSaid("Sent."))
        assert made.left_out == {NO_CALL: 1}


def test_results_find_their_calls_by_id_by_name_and_by_place() -> None:
    calls = (Call("a", id="1"), Call("b", id="2"))
    made = turns_of([*calls, Result("B", "2"), Result("A", "1")])
    assert [call["result"] for call in made.calls[0]] == ["A", "B"]
    named = turns_of([Call("a"), Call("b"), Result("B", name="b"), Result("A", name="a")])
    assert named.calls == made.calls
    placed = turns_of([Call("a"), Call("b"), Result("A"), Result("B")])
    assert placed.calls == made.calls


def test_an_id_that_is_used_again_means_the_last_call() -> None:
    made = turns_of([Call("a", id="0"), Result(1, "0"), Call("b", id="0"), Result(2, "0")])
    assert [[call["result"] for call in calls] for calls in made.calls] == [[1], [2]]


def test_calls_of_one_turn_with_the_same_id_have_a_result_each() -> None:
    made = turns_of(
        [Call("a", id="0"), Call("b", id="0"), Result(1, "0"), Result(2, "0"), SystemSaid("done")]
    )
    assert [call["result"] for call in made.calls[0]] == [1, 2]
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
        assert made.turns == [Turn("b", {}, ("a", "respond"), ("a",), None)]
        assert len(made.calls) == 1
        assert made.left_out == {reason: 1}


def test_words_that_nobody_answered_are_counted() -> None:
    assert turns_of([ASKED]).left_out == {UNANSWERED: 1}
