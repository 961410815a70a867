"""What is a turn of a chat, what was known before it, and what is left out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import Account
from cueline.dialogue import Turn
from tests.corpus.damage import read_bytes
from tests.corpus.formats.openai.messages import (
    PARCEL,
    calls,
    dialogue,
    openai_chat,
    result,
    says,
    turns,
    user,
)


def test_an_assistant_message_is_a_turn() -> None:
    assert turns(*PARCEL) == (
        Turn("Where is my parcel?", {}, None, ("track",), arguments={"track": ({"n": 1},)}),
        Turn(
            None,
            {"answered": ("track",), "result": ("object",)},
            None,
            ("respond",),
            "On its way.",
            results={"track": ({"status": "sent"},)},
        ),
        Turn("Thanks", {}, None, ("respond",), "Bye"),
    )


def test_several_calls_are_several_actions_each_once() -> None:
    turn = turns(user("a"), calls("find", "book", "find", text="One moment."))[0]
    assert (turn.actions, turn.system) == (("find", "book"), "One moment.")


def test_the_older_notation_says_the_same() -> None:
    old = [
        user("Where?"),
        {
            "role": "assistant",
            "content": None,
            "function_call": {"name": "track", "arguments": "x"},
        },
        {"role": "function", "name": "track", "content": "[1, 2]"},
        says("There."),
    ]
    read = dialogue(*old, functions=[{"name": "track", "parameters": {}}])
    assert [turn.actions for turn in read.turns] == [("track",), ("respond",)]
    assert read.turns[1].features == {"answered": ("track",), "result": ("list",), "count": 2}
    assert read.turns[0].available == ("track", "respond")
    assert read.turns[0].arguments == {"track": ({"input": "x"},)}
    assert read.turns[1].results == {"track": ([1, 2],)}


def test_results_find_their_calls_in_any_order() -> None:
    read = dialogue(
        user("a"), calls("find", "book"), result("booked", 1), result("found", 0), says("b")
    )
    assert list(read.turns[1].results.items()) == [("find", ("found",)), ("book", ("booked",))]
    assert read.turns[1].features["answered"] == ("book", "find")


def test_a_result_may_come_late() -> None:
    read = dialogue(user("a"), calls("find"), says("One moment."), result("found"), says("b"))
    assert [turn.results for turn in read.turns] == [{}, {}, {"find": ("found",)}]
    assert [turn.features.get("answered") for turn in read.turns] == [None, None, ("find",)]


def test_a_result_without_its_call_is_no_feature() -> None:
    for stray in ({"name": "find", "tool_call_id": "x"}, {"name": "find"}, {}):
        told = {"role": "tool", "content": "[]", **stray}
        assert turns(told, says("b")) == turns(says("b"))


KINDS = {
    "": "empty",
    "null": "empty",
    "[]": "empty",
    "{}": "empty",
    '""': "empty",
    '{"a": 1}': "object",
    "[0]": "list",
    "3.5": "number",
    "0": "number",
    "true": "boolean",
    "Transfer successful": "text",
    '"quoted"': "text",
    "Error: user not found": "error",
    '{"error": "no such order"}': "error",
    '{"status": "error"}': "error",
    '{"error": null}': "object",
    "[" * 10_000: "text",
    '{"isError": true, "content": []}': "error",
    "Traceback (most recent call last):\nKeyError: 7": "error",
}


@pytest.mark.parametrize("text", KINDS)
def test_the_kind_of_a_result_is_known_and_never_its_text(text: str) -> None:
    features = turns(user("a"), calls("find"), result(text), says("b"))[1].features
    assert features["result"] == (KINDS[text],)
    assert features.keys() <= {"answered", "result", "count"}


@pytest.mark.parametrize("text, count", [("[]", 0), ("[[1, 2], 3]", 2), ("{}", None)])
def test_a_list_is_counted(text: str, count: int | None) -> None:
    assert (
        turns(user("a"), calls("find"), result(text), says("b"))[1].features.get("count") == count
    )


def test_features_are_of_what_came_before_this_turn_only() -> None:
    read = turns(user("a"), calls("find"), result("[1]"), calls("book"), result("Error"), says("b"))
    assert [turn.features.get("answered") for turn in read] == [None, ("find",), ("book",)]


def test_the_tools_offered_are_available() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("find", "book")]
    assert turns(user("a"), says("b"), tools=tools)[0].available == ("find", "book", "respond")
    assert turns(user("a"), says("b"), tools=[])[0].available == ("respond",)
    assert turns(user("a"), says("b"))[0].available is None


def test_who_speaks_when() -> None:
    read = turns(says("Hello!"), user("a"), user("b"), says("c"), says("d"), user("unanswered"))
    assert [(turn.user, turn.system) for turn in read] == [
        (None, "Hello!"),
        ("a\nb", "c"),
        (None, "d"),
    ]


def test_content_in_parts_is_its_texts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}, "b"]
    turn = turns(user(parts), says([{"type": "text", "text": "c"}]))[0]
    assert (turn.user, turn.system) == ("a\nb", "c")
    assert turns(user([{"type": "image_url"}]), says("c"))[0].user == ""


def test_a_message_of_the_system_without_content_is_no_turn_and_a_refusal_is_an_answer() -> None:
    refusal = {"role": "assistant", "content": None, "refusal": "I must not."}
    thought = {"role": "assistant", "content": None, "reasoning_content": "hm"}
    read = turns(user("a"), says(""), thought, user("b"), refusal)
    assert [(turn.user, turn.actions, turn.system) for turn in read] == [
        ("a\nb", ("respond",), "I must not.")
    ]


def test_single_values_of_the_object_are_in_meta() -> None:
    read = dialogue(*PARCEL, id="x7", task_id=3, reward=0.5, info={"a": 1}, traj=None)
    assert read.id == "x7"
    assert read.meta == {
        "source": "chat.json",
        "task_id": 3,
        "reward": 0.5,
    }


def test_a_dialogue_without_an_act_is_left_out() -> None:
    lines = [{"messages": [user("hello?")]}, {"messages": []}, {"messages": PARCEL}]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    assert [d.id for d in read_bytes(openai_chat, content, "c.jsonl")] == ["c-3"]


@pytest.mark.parametrize(
    "mark", [{"weight": 0}, {"weight": 0.0}, {"train": False}, {"loss": False}, {"loss": 0.0}]
)
def test_nobody_learns_from_what_is_marked_so(mark: dict[str, Any]) -> None:
    bad = {**says("bad"), **mark}
    assert turns(user("a"), bad, user("b"), calls("x"))[0].user == "b"
    (read,) = [turns(user("a"), calls("x"), user("b"), {**says("c"), "train": False})]
    assert [turn.actions for turn in read] == [("x",)]
    unwanted = {"prompt": "a", "completion": "b", "label": False}
    assert read_bytes(openai_chat, json.dumps(unwanted).encode(), "c.json") == []


def test_tools_of_the_user_are_no_actions_and_no_features() -> None:
    by_user = {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "toggle"}]}
    told = {"role": "tool", "tool_call_id": "u", "requestor": "user", "content": "on"}
    account = Account()
    content = json.dumps({"messages": [by_user, told, user("on"), calls("x")]}).encode()
    (read,) = read_bytes(openai_chat, content, "c.json", account)
    assert read.turns == turns(user("on"), calls("x"))
    assert account.ignored.keys() >= {"calls of tools by the user", "results of calls by the user"}


def test_tau_bench_counts(corpora: Path) -> None:
    path = corpora / "tau_bench" / "gpt-4o-airline.json"
    dialogues = list(openai_chat.read(path))
    counts = Counter(a for d in dialogues for turn in d.turns for a in turn.actions or ())
    made = [n for d in dialogues for turn in d.turns for n in map(len, turn.arguments.values())]
    known = [n for d in dialogues for turn in d.turns for n in map(len, turn.results.values())]
    assert len(dialogues) == 200
    assert sum(len(d.turns) for d in dialogues) == sum(counts.values()) == 2454
    assert (len(counts), counts["respond"]) == (15, 1290)
    assert (sum(made), sum(known)) == (1164, 1113)
    assert Counter(d.meta["task_id"] for d in dialogues) == dict.fromkeys(range(50), 4)
    assert sum(d.meta["reward"] for d in dialogues) / 200 == 0.42
