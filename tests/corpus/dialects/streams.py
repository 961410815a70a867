"""Dialogues as streams of events, from which files of every dialect are written."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from cueline.corpus.transcripts.events import (
    STEP_ENDED,
    Call,
    Event,
    Result,
    StepEnded,
    SystemSaid,
    UserSaid,
)

Stream = tuple[Event, ...]
RESULTS = ("sent", "3 of 4", "", "Error: gone", '{"status": "sent"}', "[1, 2]", "true", "0.5")
ARGUMENTS = st.dictionaries(
    st.sampled_from(["parcel", "by", "tags"]),
    st.integers(-5, 5)
    | st.booleans()
    | st.lists(st.integers(0, 3), max_size=2)
    | st.text("aß", max_size=3),
    max_size=2,
)


@st.composite
def streams(draw: st.DrawFn, most_calls: int = 3) -> Stream:
    """A dialogue in which each word and each tool is unlike all others.

    The system acts in steps: words, calls, or both. Results come in any order after the step that
    asked for them, before whatever comes next; a step has at most `most_calls`.
    """
    events: list[Event] = []
    for round in range(draw(st.integers(1, 3))):
        if round == 0 or draw(st.booleans()):
            events.append(UserSaid(f"asked {len(events)}"))
        for _ in range(draw(st.integers(1, 3))):
            events += _step(draw, len(events), most_calls)
    return tuple(events)


def _step(draw: st.DrawFn, start: int, most_calls: int) -> list[Event]:
    called = draw(st.integers(0, most_calls))
    events: list[Event] = []
    if called == 0 or draw(st.booleans()):
        events.append(SystemSaid(f"said {start}"))
    calls = [Call(f"tool_{start}_{n}", draw(ARGUMENTS), f"id{start}x{n}") for n in range(called)]
    answers = [Result(draw(st.sampled_from(RESULTS)), call.id, call.name) for call in calls]
    return [*events, *calls, STEP_ENDED, *draw(st.permutations(answers))]


def without_steps(stream: Sequence[Event]) -> Stream:
    """The stream as a dialect writes it that has no messages of the assistant, only items."""
    return tuple(event for event in stream if not isinstance(event, StepEnded))


def words_apart(stream: Sequence[Event]) -> Stream:
    """The stream as a dialect writes it in which words and calls are messages of their own."""
    found: list[Event] = []
    for event in stream:
        if isinstance(event, Call) and isinstance(found[-1], SystemSaid):
            found.append(STEP_ENDED)
        found.append(event)
    return tuple(found)


def results_in_objects(stream: Sequence[Event]) -> Stream:
    """The stream as a dialect writes it in which each result is an object."""
    return tuple(
        Result({"output": event.content}, event.call_id, event.name)
        if isinstance(event, Result)
        else event
        for event in stream
    )


def flips(number: int) -> list[Stream]:
    """Every way in which `number` coins can fall: no turn tells how the next one falls."""
    several: list[Stream] = []
    for way in range(2**number):
        events: list[Event] = []
        for coin in range(number):
            side = "heads" if way >> coin & 1 else "tails"
            id = f"c{coin}"
            events += [UserSaid("flip"), Call(side, {}, id), STEP_ENDED, Result(side, id, side)]
            events += [SystemSaid("done"), STEP_ENDED]
        several.append(tuple(events))
    return several
