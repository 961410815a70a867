"""A talk is the same in every shape of file, in every record and in every notation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cueline.corpus.formats.openai import chat
from cueline.corpus.transcripts.outline import outline
from cueline.dialogue import Turn
from tests.corpus.damage import read_bytes
from tests.corpus.formats.openai.messages import (
    PARCEL,
    dialogue,
    openai_chat,
    result,
    says,
    turns,
    user,
)

SHAPES = {
    "an object": ("c.json", lambda d: json.dumps({"messages": d})),
    "an object, indented": ("c.json", lambda d: json.dumps({"messages": d}, indent=2)),
    "a list of objects": ("c.json", lambda d: json.dumps([{"messages": d}] * 2)),
    "a list of messages": ("c.json", lambda d: json.dumps(d)),
    "a list of lists": ("c.json", lambda d: json.dumps([d, d], indent=1)),
    "trajectories": ("c.json", lambda d: json.dumps([{"task_id": 1, "traj": d}] * 2)),
    "JSON lines": ("c.jsonl", lambda d: (json.dumps({"messages": d}) + "\n") * 2),
    "JSON lines, other name": ("c.txt", lambda d: (json.dumps({"messages": d}) + "\n") * 2),
    "JSON lines of lists": ("c.jsonl", lambda d: (json.dumps(d) + "\n") * 2),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_file_gives_the_same_turns(shape: str) -> None:
    name, write = SHAPES[shape]
    content = write(PARCEL)
    read = read_bytes(openai_chat, content.encode(), name)
    assert [d.turns for d in read] == [turns(*PARCEL)] * (
        1 if "list of m" in shape or "an o" in shape else 2
    )
    assert [d.id for d in read] == [f"c-{n}" for n in range(1, len(read) + 1)]


@pytest.mark.parametrize(
    "record",
    [
        [],
        {"conversations": [{"from": "human", "value": "hi"}]},
        {"id": "d", "turns": [{"user": "a", "actions": []}]},
        {"messages": [{"author": "x", "text": "hi"}]},
        {"messages": [{"role": "robot", "content": "hi"}]},
        3,
        None,
    ],
)
def test_other_records_are_not_taken_for_it(record: Any) -> None:
    assert not chat.recognises(outline(record))


HELD = {
    "prompt and completion": {"prompt": PARCEL[1:6], "completion": PARCEL[6:]},
    "a pair of which one is preferred": {
        "input": {"messages": PARCEL[:6]},
        "preferred_output": PARCEL[6:],
        "non_preferred_output": [says("no")],
    },
    "chosen and rejected": {"prompt": PARCEL[:6], "chosen": PARCEL, "rejected": [says("no")]},
    "chosen with its prompt as words": {"prompt": "Where is my parcel?", "chosen": PARCEL},
    "messages and the prompt again": {"prompt": "Where is my parcel?", "messages": PARCEL},
    "request and response": {
        "request": {"messages": PARCEL[:6]},
        "response": {"choices": [{"message": PARCEL[6]}, {"message": says("or so")}]},
    },
    "bodies as text": {
        "request": json.dumps({"messages": PARCEL[:6]}),
        "response": json.dumps({"choices": [{"message": PARCEL[6]}]}),
    },
    "messages as text": {"messages": json.dumps(PARCEL)},
    "a conversation": {"conversation": PARCEL},
    "a request and its choices": {"messages": PARCEL[:6], "choices": [{"message": PARCEL[6]}]},
}


@pytest.mark.parametrize("holder", HELD)
def test_a_talk_is_the_same_wherever_a_record_holds_it(holder: str) -> None:
    (read,) = read_bytes(openai_chat, json.dumps(HELD[holder]).encode(), "c.json")
    assert read.turns == turns(*PARCEL)


def test_words_as_prompt_and_completion() -> None:
    (read,) = read_bytes(openai_chat, b'{"prompt": "a", "completion": "b"}', "c.json")
    assert read.turns == (Turn("a", {}, None, ("respond",), "b"),)


CALLS = {
    "a custom tool": [{"id": "c0", "type": "custom", "custom": {"name": "track", "input": "7"}}],
    "args": [{"name": "track", "args": {"n": 1}, "id": "c0", "type": "tool_call"}],
    "text": json.dumps([{"id": "c0", "function": {"name": "track", "arguments": {"n": 1}}}]),
    "as Python prints it": str([{"id": "c0", "function": {"name": "track", "arguments": None}}]),
    "one alone": {"id": "c0", "function": {"name": "track"}},
    "a list of arguments": [{"id": "c0", "function": {"name": "track", "arguments": [7]}}],
}


@pytest.mark.parametrize("notation", CALLS)
def test_a_call_is_one_in_every_notation(notation: str) -> None:
    called = {"role": "assistant", "content": None, "tool_calls": CALLS[notation]}
    read = turns(user("a"), called, result("sent"), says("b"))
    assert [turn.actions for turn in read] == [("track",), ("respond",)]
    assert read[1].features == {"answered": ("track",), "result": ("text",)}


WRITTEN = {
    "Hermes": '<tool_call>\n{"name": "track", "arguments": {"n": 1}}\n</tool_call>',
    "Qwen's coder": "<tool_call><function=track><parameter=n>1</parameter></function></tool_call>",
    "Llama": '<function=track>{"n": 1}</function>',
    "Mistral": '[TOOL_CALLS] [{"name": "track", "arguments": {"n": 1}}]',
    "Glaive": '<functioncall> {"name": "track", "arguments": \'{"n": 1}\'} <|endoftext|>',
    "Python's tag": '<|python_tag|>{"name": "track", "parameters": {"n": 1}}<|eom_id|>',
}


@pytest.mark.parametrize("way", WRITTEN)
def test_calls_in_words_are_calls_and_thoughts_are_nothing(way: str) -> None:
    read = dialogue(user("a"), says(f"<think>hm</think>\nOne moment. {WRITTEN[way]}"))
    called = {"track": ({"n": 1},)}
    assert read.turns == (Turn("a", {}, None, ("track",), "One moment.", arguments=called),)


TOOLS: dict[str, Any] = {
    "a list": [{"type": "function", "function": {"name": "a"}}, {"name": "b"}],
    "text": json.dumps([{"name": "a"}, {"name": "b"}]),
    "an object": {"a": {"parameters": {}}, "b": {}},
    "names": ["a", "b"],
    "with nothings": [{"function": None}, None, {"name": "a"}, {"name": "b"}],
}


@pytest.mark.parametrize("notation", TOOLS)
def test_tools_are_offered_in_every_notation(notation: str) -> None:
    read = turns(user("hi"), says("b"), tools=TOOLS[notation])
    assert read[0].available == ("a", "b", "respond")
