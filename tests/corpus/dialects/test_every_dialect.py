"""What holds for every dialect: a file tells what happened, and nothing before it happened."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.transcripts.events import Call, Event, Result, UserSaid
from cueline.corpus.transcripts.turns import turns_of
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import damaged, misshapen
from tests.corpus.dialects.streams import Stream, flips, streams
from tests.corpus.dialects.writers import WRITERS, Writer

slow = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
each = pytest.mark.parametrize("dialect", WRITERS)


def read(writer: Writer, content: bytes) -> list[Dialogue]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, writer.name)
        path.write_bytes(content)
        return read_all([path])


def comparable(turn: Turn) -> tuple[Any, ...]:
    """A turn without the order of its actions and of what is known."""
    known = {
        name: sorted(value) if isinstance(value, tuple) else value
        for name, value in turn.features.items()
    }
    done = sorted(turn.actions), turn.system, turn.arguments
    return turn.user, known, turn.available, turn.results, *done


def as_read(turns: Iterable[Turn]) -> list[tuple[Any, ...]]:
    return list(map(comparable, turns))


@each
@slow
@given(data=st.data())
def test_a_file_is_read_as_what_happened(dialect: str, data: st.DataObject) -> None:
    writer = WRITERS[dialect]
    stream = data.draw(streams(writer.most_calls))
    (dialogue,) = read(writer, writer.content([stream]))
    made = turns_of(writer.reads(stream))
    assert as_read(dialogue.turns) == as_read(made.turns)


@each
@slow
@given(data=st.data())
def test_nothing_in_a_turn_comes_from_after_its_first_act(
    dialect: str, data: st.DataObject
) -> None:
    writer = WRITERS[dialect]
    stream = data.draw(streams(writer.most_calls))
    place = {known(event): at for at, event in enumerate(stream)}
    (dialogue,) = read(writer, writer.content([stream]))
    for turn in dialogue.turns:
        words = (turn.system or "").split("\n") if turn.system else []
        first = min(place[act] for act in [*turn.actions, *words] if act in place)
        for text in (turn.user or "").split("\n") if turn.user else []:
            assert place[text] < first
        answered = turn.features.get("answered", ())
        assert set(answered if isinstance(answered, tuple) else ()) == set(turn.results)
        for name in turn.results:
            assert place[f"result of {name}"] < first


def known(event: Event) -> str:
    """What a turn says of an event: its words, the tool, or that the tool has answered."""
    match event:
        case Call(name):
            return name
        case Result(name=name):
            return f"result of {name}"
        case UserSaid(text):
            return text
    return getattr(event, "text", "")


@each
def test_what_is_known_never_tells_how_a_coin_falls(dialect: str) -> None:
    writer = WRITERS[dialect]
    dialogues = read(writer, writer.content(flips(3)))
    assert len(dialogues) == 8
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for dialogue in dialogues:
        past: list[Any] = []
        for turn in dialogue.turns:
            known = sorted(turn.features.items()), sorted(turn.results.items())
            before = (past, turn.user, known, turn.available)
            if {"heads", "tails"} & set(turn.actions):
                seen[repr(before)][turn.actions[0]] += 1
            past = [*past, before, turn.actions, turn.arguments, turn.system]
    assert sum(sum(sides.values()) for sides in seen.values()) == 24
    assert all(sides["heads"] == sides["tails"] for sides in seen.values())


@each
def test_dialogues_of_a_file_stay_apart_and_in_order(dialect: str) -> None:
    writer = WRITERS[dialect]
    several = flips(2)
    dialogues = read(writer, writer.content(several))
    expected = [[t.actions for t in turns_of(writer.reads(one)).turns] for one in several]
    assert [[turn.actions for turn in one.turns] for one in dialogues] == expected
    assert len({one.id for one in dialogues}) == len(several)


STREAM: Stream = flips(2)[1]


@each
@slow
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(dialect: str, data: st.DataObject) -> None:
    writer = WRITERS[dialect]
    survives(writer, data.draw(damaged(writer.content([STREAM]))))


@each
@slow
@given(data=st.data())
def test_a_misshapen_record_is_read_or_refused_in_one_line(
    dialect: str, data: st.DataObject
) -> None:
    writer = WRITERS[dialect]
    survives(writer, writer.encoded(data.draw(misshapen(writer.records(STREAM, 0)))))


def survives(writer: Writer, content: bytes) -> None:
    try:
        for dialogue in read(writer, content):
            assert dialogue.turns
            assert all(turn.actions for turn in dialogue.turns)
    except CorpusError as error:
        assert writer.name in str(error)
        assert "\n" not in str(error)
