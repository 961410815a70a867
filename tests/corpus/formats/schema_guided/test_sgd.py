from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided import sgd
from cueline.corpus.formats.schema_guided.spans import OUTSIDE
from cueline.corpus.registry import VIEWS
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, read_bytes, refusal, survives

Json = dict[str, Any]


def act(name: str, slot: str = "") -> Json:
    return {"act": name, "slot": slot, "values": []}


def state(intent: str, requested: list[str], **values: str) -> Json:
    slots = {slot: [value] for slot, value in values.items()}
    return {"active_intent": intent, "requested_slots": requested, "slot_values": slots}


SIDES: list[tuple[str, str, Json]] = [
    ("USER", "a table for two", {"state": state("Reserve", [], n="2")}),
    ("SYSTEM", "Where? When?", {"actions": [act("REQUEST", "city"), act("REQUEST", "time")]}),
    ("USER", "Rome, phone?", {"state": state("Reserve", ["phone"], n="2", city="Rome")}),
    (
        "SYSTEM",
        "Booked. It is 7.",
        {
            "actions": [act("INFORM", "phone"), act("NOTIFY_SUCCESS")],
            "service_call": {"method": "Reserve", "parameters": {}},
            "service_results": [{"n": "2"}],
        },
    ),
    ("USER", "bye", {"state": state("NONE", [], n="3", city="Rome")}),
    ("SYSTEM", "Bye", {"actions": [act("GOODBYE")]}),
]


def shard(*sides: tuple[str, str, Json], name: str = "1_0") -> Json:
    turns = [
        {"speaker": who, "utterance": text, "frames": [{"service": "Tables_1", **frame}]}
        for who, text, frame in sides
    ]
    return {"dialogue_id": name, "services": ["Tables_1"], "turns": turns}


def slim(*sides: tuple[str, str, Json]) -> Json:
    turns = []
    for who, text, frame in sides:
        turn: Json = {"speaker": who, "utterance": text}
        if who == "USER":
            turn["state"] = [{"service": "Tables_1", **frame["state"]}]
        else:
            turn["actions"] = [{"service": "Tables_1", **act} for act in frame["actions"]]
        turns.append(turn)
    return {"dialogue_id": "1_0", "services": ["Tables_1"], "turns": turns}


def only(content: Any, format: Any = sgd) -> Dialogue:
    (dialogue,) = read_bytes(format, json.dumps(content).encode(), "dialogues_001.json")
    return dialogue


def test_a_turn_is_what_the_user_said_and_the_acts_in_answer() -> None:
    assert only([shard(*SIDES)]) == Dialogue(
        "1_0",
        (
            Turn(
                "a table for two",
                {"intent": ("Reserve",), "given": ("n",), "known": ("n",)},
                actions=("REQUEST",),
                system="Where? When?",
            ),
            Turn(
                "Rome, phone?",
                {
                    "intent": ("Reserve",),
                    "requested": ("phone",),
                    "given": ("city",),
                    "known": ("n", "city"),
                },
                actions=("INFORM", "NOTIFY_SUCCESS"),
                system="Booked. It is 7.",
            ),
            Turn(
                "bye",
                {"given": ("n",), "known": ("n", "city"), "results": 1},
                actions=("GOODBYE",),
                system="Bye",
            ),
        ),
        {"source": "dialogues_001.json", "services": ["Tables_1"]},
    )


def test_the_slim_form_says_the_same_but_for_the_results() -> None:
    original, small = only([shard(*SIDES)]), only(slim(*SIDES))
    assert original.turns[:2] == small.turns[:2]
    assert {**small.turns[2].features, "results": 1} == original.turns[2].features


def test_slots_are_in_the_action_where_they_are_asked_for() -> None:
    turns = only([shard(*SIDES)], VIEWS["sgd-slots"]).turns
    assert [turn.actions for turn in turns] == [
        ("REQUEST(city)", "REQUEST(time)"),
        ("INFORM(phone)", "NOTIFY_SUCCESS"),
        ("GOODBYE",),
    ]


@given(st.lists(st.text("ab é", min_size=1, max_size=9), min_size=1, max_size=4))
def test_marked_words_are_spans_of_all_that_the_user_said(texts: list[str]) -> None:
    """Each text is marked as a whole, and what it stands for is its length."""
    said = [
        ("USER", text, {"slots": [{"slot": "x", "start": 0, "exclusive_end": len(text)}]})
        for text in texts
    ]
    for number, (_, text, frame) in enumerate(said):
        frame["actions"] = [
            {
                "act": "INFORM",
                "slot": "x",
                "values": ["?", text],
                "canonical_values": ["", str(number)],
            }
        ]
    turn = only([shard(*said, *SIDES[1:2])]).turns[0]
    assert turn.user is not None
    assert [turn.user[span.start : span.end] for span in turn.spans] == texts
    assert [span.value for span in turn.spans] == [
        None if text == str(number) else str(number) for number, text in enumerate(texts)
    ]


def test_words_that_are_not_there_are_counted() -> None:
    account = Account()
    far = {"slot": "x", "start": 3, "exclusive_end": 9}
    content = json.dumps([shard(("USER", "hello", {"slots": [far]}), *SIDES[1:2])]).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder, "dialogues_001.json")
        path.write_bytes(content)
        (dialogue,) = sgd.read(path, account)
    assert dialogue.turns[0].spans == ()
    assert account.left_out[OUTSIDE].count == 1


def test_a_service_is_called_before_the_system_speaks() -> None:
    called = only([shard(*SIDES)], VIEWS["sgd-calls"]).turns
    plain = only([shard(*SIDES)]).turns
    assert [turn.actions for turn in called] == [
        ("REQUEST",),
        ("Reserve",),
        ("INFORM", "NOTIFY_SUCCESS"),
        ("GOODBYE",),
    ]
    assert (called[0], called[3]) == (plain[0], plain[2])
    call, spoken = called[1:3]
    assert (call.user, call.system, call.results) == (plain[1].user, None, {})
    assert (call.features, call.arguments) == (plain[1].features, {"Reserve": ({},)})
    assert (spoken.user, spoken.system) == (None, plain[1].system)
    assert spoken.results == {"Reserve": ([{"n": "2"}],)}
    assert spoken.features["results"] == 1
    assert "given" not in spoken.features


def test_the_real_spans_and_calls_are_counted_right(corpora: Path) -> None:
    turns = [
        turn
        for path in sorted((corpora / "sgd_original" / "dev").glob("dialogues_*.json"))
        for dialogue in VIEWS["sgd-calls"].read(path)
        for turn in dialogue.turns
    ]
    assert sum(len(turn.spans) for turn in turns) == 1658
    assert sum(len(turn.arguments) for turn in turns) == 1234
    assert sum(len(turn.results) for turn in turns) == 1234


@given(st.integers(0, 5), st.sampled_from(["REQUEST", "OFFER"]), st.integers(0, 9))
def test_what_the_system_does_changes_no_feature_of_its_turn(
    at: int, name: str, results: int
) -> None:
    side = SIDES[at]
    other = (
        (side[0], side[1], {"actions": [act(name, "x")], "service_results": [{}] * results})
        if side[0] == "SYSTEM"
        else side
    )
    changed = only([shard(*SIDES[:at], other, *SIDES[at + 1 :])])
    first = only([shard(*SIDES)]).turns[: at // 2 + 1]
    for before, after in zip(first, changed.turns, strict=False):
        assert (before.user, before.features) == (after.user, after.features)


def test_who_speaks_when() -> None:
    hello, system = ("USER", "hello", {}), ("SYSTEM", "Hi", {"actions": [act("GREET")]})
    heard = ("USER", "again", {"state": state("Reserve", ["x"], n="2")})
    turns = only([shard(system, hello, heard, system, system, hello)]).turns
    assert [turn.user for turn in turns] == [None, "hello\nagain", None]
    assert [turn.features.get("given") for turn in turns] == [None, ("n",), None]
    assert [turn.features.get("known") for turn in turns] == [None, ("n",), ("n",)]


def test_several_services_are_known_together() -> None:
    two = shard(("USER", "a", {"state": state("Reserve", ["x"], n="2")}), *SIDES[1:2])
    two["turns"][0]["frames"] += [{"service": "B", "state": state("Find", ["x"], city="Rome")}]
    assert only([two]).turns[0].features == {
        "intent": ("Reserve", "Find"),
        "requested": ("x",),
        "given": ("n", "city"),
        "known": ("n", "city"),
    }


BAD = {
    "not JSON": (b"[{]", "bad.json:1: $[0]: "),
    "speaker": (
        b'[{"dialogue_id": "a", "turns": [{"speaker": "BOT", "utterance": ""}]}]',
        "bad.json:1: $[0].turns[0].speaker: Invalid enum value 'BOT'",
    ),
    "no system": (
        b'[\n{"dialogue_id": "a", "turns": []}]',
        "bad.json:2: $[0]: a dialogue in which the system never speaks; remove it",
    ),
    "act": (
        b'[{"dialogue_id": "a", "turns": [{"speaker": "SYSTEM", "utterance": "",'
        b' "actions": [{"act": ""}]}]}]',
        "bad.json:1: $[0].turns[0].actions[0].act: Expected `str` of length >= 1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_file_is_refused_with_the_place(case: str) -> None:
    content, message = BAD[case]
    assert refusal(sgd, content, "bad.json").startswith(message)


@given(damaged(json.dumps([shard(*SIDES), shard(*SIDES, name="1_1")]).encode()))
def test_damaged_files_are_read_or_refused(content: bytes) -> None:
    survives(sgd, content, "dialogues_001.json")
    survives(VIEWS["sgd-slots"], content, "dialogues_001.json")
    survives(VIEWS["sgd-calls"], content, "dialogues_001.json")


def test_the_real_corpus_is_counted_right(corpora: Path) -> None:
    dialogues = list(sgd.read(corpora / "sgd" / "dev.jsonl"))
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    assert (len(dialogues), len(turns)) == (2482, 24_363)
    assert len({act for turn in turns for act in turn.actions or ()}) == 10
    assert len({frozenset(turn.actions or ()) for turn in turns}) == 13
    several = sum(len(turn.actions or ()) > 1 for turn in turns)
    assert several / len(turns) == pytest.approx(0.138, abs=0.001)
    slots = (
        turn for d in VIEWS["sgd-slots"].read(corpora / "sgd" / "dev.jsonl") for turn in d.turns
    )
    assert len({act for turn in slots for act in turn.actions or ()}) == 176


@pytest.mark.slow
def test_the_training_corpus_is_counted_right(corpora: Path) -> None:
    dialogues = turns = 0
    labels: set[str] = set()
    for dialogue in VIEWS["sgd-slots"].read(corpora / "sgd" / "train.jsonl"):
        dialogues, turns = dialogues + 1, turns + len(dialogue.turns)
        labels.update(act for turn in dialogue.turns for act in turn.actions or ())
    assert (dialogues, turns, len(labels)) == (16_142, 164_982, 253)
