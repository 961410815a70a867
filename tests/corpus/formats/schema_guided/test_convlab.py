from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from cueline.corpus.formats.schema_guided import convlab
from cueline.corpus.registry import VIEWS
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, read_bytes, refusal, survives


def act(intent: str, domain: str = "", slot: str = "") -> dict[str, str]:
    return {"intent": intent, "domain": domain, "slot": slot}


FILE: list[dict[str, Any]] = [
    {
        "dataset": "camrest",
        "data_split": "train",
        "dialogue_id": "camrest-train-0",
        "domains": ["restaurant"],
        "goal": {"description": "", "inform": {}, "request": {}},
        "turns": [
            {
                "speaker": "user",
                "utterance": "cheap food",
                "utt_idx": 0,
                "dialogue_acts": {"categorical": [act("inform", "restaurant", "price")]},
                "state": {"restaurant": {"price": "cheap", "food": ""}},
            },
            {
                "speaker": "system",
                "utterance": "I found two. Which food?",
                "utt_idx": 1,
                "db_results": {"restaurant": [{}, {}]},
                "dialogue_acts": {
                    "categorical": [],
                    "non-categorical": [act("inform", "restaurant", "choice")],
                    "binary": [act("request", "restaurant", "food"), act("wait")],
                },
            },
            {"speaker": "user", "utterance": "bye", "utt_idx": 2, "dialogue_acts": {}},
        ],
    }
]
CONTENT = json.dumps(FILE).encode()


def test_what_the_database_returned_is_known_before_acting() -> None:
    assert read_bytes(convlab, CONTENT, "dialogues.json") == [
        Dialogue(
            "camrest-train-0",
            (
                Turn(
                    "cheap food",
                    {
                        "given": ("restaurant-price",),
                        "known": ("restaurant-price",),
                        "results": 2,
                    },
                    actions=("restaurant-inform", "restaurant-request", "wait"),
                    system="I found two. Which food?",
                ),
            ),
            {
                "source": "dialogues.json",
                "dataset": "camrest",
                "split": "train",
                "domains": ["restaurant"],
            },
        )
    ]


def test_slots_are_in_the_action_where_they_are_asked_for() -> None:
    (dialogue,) = read_bytes(VIEWS["convlab-slots"], CONTENT, "dialogues.json")
    wanted = ("restaurant-inform(choice)", "restaurant-request(food)", "wait")
    assert [turn.actions for turn in dialogue.turns] == [wanted]


def test_a_malformed_file_is_refused_with_the_place() -> None:
    content = CONTENT.replace(b'"intent": "request"', b'"intent": ""')
    assert refusal(convlab, content, "bad.json").startswith(
        "bad.json:1: $[0].turns[1].dialogue_acts.binary[0].intent: Expected `str` of length >= 1"
    )


@pytest.mark.parametrize("format", [convlab, VIEWS["convlab-slots"]])
@given(damaged(CONTENT))
def test_damaged_files_are_read_or_refused(format: Any, content: bytes) -> None:
    survives(format, content, "dialogues.json")
