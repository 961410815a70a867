from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.formats.schema_guided import sim
from cueline.corpus.registry import VIEWS
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, read_bytes, refusal, survives


def turn(user: str, *acts: dict[str, str], system: str | None = None, **state: str) -> Any:
    told: dict[str, Any] = {
        "user_utterance": {"text": user, "tokens": [], "slots": []},
        "dialogue_state": [{"slot": slot, "value": value} for slot, value in state.items()],
    }
    if system is not None:
        told |= {"system_acts": list(acts), "system_utterance": {"text": system}}
    return told


FILE = [
    {
        "dialogue_id": "m1",
        "turns": [
            {**turn("2 tickets", n="2"), "user_intents": ["BUY"]},
            turn(
                "up , tonight",
                {"type": "REQUEST", "slot": "movie"},
                {"name": "REQUEST", "slot": "date"},
                system="which ?",
                n="2",
                movie="up",
            ),
            turn("bye", {"type": "NOTIFY_SUCCESS"}, system="done", n="2", movie="up"),
        ],
    },
    {"dialogue_id": "m2", "turns": [turn("hello")]},
]
CONTENT = json.dumps(FILE).encode()


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=6), st.data())
def test_marked_tokens_are_spans_of_the_text(tokens: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(tokens) - 1))
    end = data.draw(st.integers(start + 1, len(tokens)))
    said = turn(" ".join(tokens))
    said["user_utterance"] |= {
        "tokens": tokens,
        "slots": [{"slot": "movie", "start": start, "exclusive_end": end}],
    }
    answer = turn("bye", {"type": "REQUEST"}, system="which ?")
    content = json.dumps([{"dialogue_id": "m", "turns": [said, answer]}]).encode()
    ((first,),) = [one.turns for one in read_bytes(sim, content, "train.json")]
    (span,) = first.spans
    before = len(" ".join(tokens[:start])) + bool(start)
    assert (span.start, span.label, span.value) == (before, "movie", None)
    assert " ".join(tokens)[span.start : span.end] == " ".join(tokens[start:end])


def test_the_real_spans_are_counted_right(corpora: Path) -> None:
    read = read_all([corpora / "sim_dialogue" / "sim-M" / "train.json"])
    turns = [turn for dialogue in read for turn in dialogue.turns]
    assert sum(len(turn.spans) for turn in turns) == 2006
    assert {span.label for turn in turns for span in turn.spans} == {
        "date",
        "movie",
        "num_tickets",
        "theatre_name",
        "time",
    }


def test_the_system_answers_the_user_of_the_turn_before() -> None:
    assert read_bytes(sim, CONTENT, "train.json") == [
        Dialogue(
            "m1",
            (
                Turn(
                    "2 tickets",
                    {"intent": ("BUY",), "given": ("n",), "known": ("n",)},
                    actions=("REQUEST",),
                    system="which ?",
                ),
                Turn(
                    "up , tonight",
                    {"intent": ("BUY",), "given": ("movie",), "known": ("n", "movie")},
                    actions=("NOTIFY_SUCCESS",),
                    system="done",
                ),
            ),
            {"source": "train.json"},
        )
    ]


def test_slots_are_in_the_action_where_they_are_asked_for() -> None:
    (dialogue,) = read_bytes(VIEWS["sim-slots"], CONTENT, "train.json")
    actions = [turn.actions for turn in dialogue.turns]
    assert actions == [("REQUEST(movie)", "REQUEST(date)"), ("NOTIFY_SUCCESS",)]


BAD = {
    "an act without a name": (
        CONTENT.replace(b'"name"', b'"nome"'),
        "bad.json:1: $[0].turns[1].system_acts: an act without `type` or `name`",
    ),
    "a state of the wrong kind": (
        b'[{"dialogue_id": "m", "turns": [{"user_utterance": {}, "dialogue_state": 3}]}]',
        "bad.json:1: $[0].turns[0].dialogue_state: Expected `array`, got `int`",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_file_is_refused_with_the_place(case: str) -> None:
    content, message = BAD[case]
    assert refusal(sim, content, "bad.json").startswith(message)


@given(damaged(CONTENT))
def test_damaged_files_are_read_or_refused(content: bytes) -> None:
    survives(VIEWS["sim-slots"], content, "train.json")


@pytest.mark.parametrize(
    "file, silent, dialogues, turns, labels, sets",
    [
        ("sim-M/dev.json", 9, 120, 507, None, None),
        ("sim-M/train.json", 22, 384, 1589, 28, 80),
        ("sim-M/test.json", 12, 264, 1100, None, None),
        ("sim-R/dev.json", 3, 349, 1140, 44, 90),
    ],
)
def test_real_corpora_are_counted_right(
    file: str,
    silent: int,
    dialogues: int,
    turns: int,
    labels: int | None,
    sets: int | None,
    corpora: Path,
) -> None:
    read = read_all([corpora / "sim_dialogue" / file], "sim-slots")
    done = [turn.actions or () for dialogue in read for turn in dialogue.turns]
    assert (len(read) + silent, len(done)) == (dialogues, turns)
    assert labels in (None, len({action for actions in done for action in actions}))
    assert sets in (None, len(set(map(frozenset, done))))
