from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.corpus import FORMATS, Account
from cueline.corpus.formats.openai import chat
from cueline.corpus.transcripts.outline import outline
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, read_bytes, refusal, survives, until_error

Json = dict[str, Any]
openai_chat = FORMATS["openai"]


def user(text: Any) -> Json:
    return {"role": "user", "content": text}


def says(text: Any) -> Json:
    return {"role": "assistant", "content": text}


def calls(*names: str, text: str | None = None) -> Json:
    made = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": '{"n": 1}'}}
        for n, name in enumerate(names)
    ]
    return {"role": "assistant", "content": text, "tool_calls": made}


def result(text: str, number: int = 0) -> Json:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text}


def dialogue(*messages: Json, **keys: Any) -> Dialogue:
    content = json.dumps({"messages": messages, **keys}).encode()
    (read,) = read_bytes(openai_chat, content, "chat.json")
    return read


def turns(*messages: Json, **keys: Any) -> tuple[Turn, ...]:
    return dialogue(*messages, **keys).turns


PARCEL = [
    {"role": "system", "content": "Be kind."},
    user("Where is my parcel?"),
    calls("track"),
    result('{"status": "sent"}'),
    says("On its way."),
    user("Thanks"),
    says("Bye"),
]


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


def test_a_dialogue_without_an_act_is_left_out() -> None:
    lines = [{"messages": [user("hello?")]}, {"messages": []}, {"messages": PARCEL}]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    assert [d.id for d in read_bytes(openai_chat, content, "c.jsonl")] == ["c-3"]


def test_the_first_dialogue_comes_before_the_end_is_read(tmp_path: Path) -> None:
    for name, start, between in (("c.json", "[", ","), ("c.jsonl", "", "\n")):
        path = tmp_path / name
        path.write_text(start + (json.dumps({"messages": PARCEL}) + between) * 2 + "{")
        count, _ = until_error(openai_chat.read(path))
        assert count == 2


GOOD = json.dumps({"messages": PARCEL, "tools": [{"function": {"name": "track"}}]}).encode()
LIST = b"[" + GOOD + b",\n" + GOOD + b"]"


def one(message: str) -> bytes:
    return b'{"messages": [' + message.encode() + b"]}"


BAD = {
    "neither": (b'[1, {"a": 2}]', r"c.json:1: \$\[0\]: a record is a number, expected an object"),
    "others": (b'{"a": []}', r"c.json:1: no messages: the keys 'a' hold none"),
    "broken": (one('{"role": "user",}'), r"c.json:1: JSON is malformed: .*"),
    "broken far down": (b'{"messages": [\n\n}', r"c.json:3: JSON is malformed: .*"),
    "no such role": (
        one('{"role": "me", "content": "a"}'),
        r"c.json:1: \$\.messages\[0\]: .* of the unknown type 'me'; .*",
    ),
    "no role": (
        b'[{"traj": [{"content": ""}]}]',
        r"c.json:1: \$\[0\]\.traj\[0\]: a message whose `role` is null",
    ),
    "content": (
        one('{"role": "user", "content": [3]}'),
        r"c.json:1: \$\.messages\[0\]\.content\[0\]: a part of content is a number, .*",
    ),
    "an unknown part": (
        one('{"role": "user", "content": [{"type": "smell"}]}'),
        r"c.json:1: \$\.messages\[0\]\.content\[0\]: .* of the unknown type 'smell'; .*",
    ),
    "an unknown key": (
        one('{"role": "assistant", "content": "a", "actions": ["b"]}'),
        r"c.json:1: \$\.messages\[0\]\.actions: an unknown key of a message `actions`, a list; .*",
    ),
    "no content": (
        one('{"role": "assistant"}'),
        r"c.json:1: \$\.messages\[0\]: a message of 'assistant' without content that is known",
    ),
    "a result without content": (
        one('{"role": "tool", "tool_call_id": "c"}'),
        r"c.json:1: \$\.messages\[0\]: a message of 'tool' without `content`",
    ),
    "two talks": (
        b'{"messages": [{"role": "user", "content": "a"}], "others": [{"role": "user",'
        b' "content": "b"}]}',
        r"c.json:1: \$\.others: a second list of messages, `others`; .*",
    ),
    "no name": (
        LIST.replace(b'"name": "track", ', b""),
        r"c.json:1: \$\[0\]\.messages\[2\]\.tool_calls\[0\]: a call without a name; .*",
    ),
    "empty name": (
        GOOD.replace(b'"name": "track"', b'"name": ""'),
        r"c.json:1: \$\.messages\[2\]\.tool_calls\[0\]: a call without a name; .*|.*a tool .*",
    ),
    "calls that are no JSON": (
        one('{"role": "assistant", "tool_calls": "track()"}'),
        r"c.json:1: \$\.messages\[0\]\.tool_calls: a list of calls is a text that is not JSON",
    ),
    "tools": (
        one('{"role": "user", "content": ""}')[:-1] + b', "tools": 3}',
        r"c.json:1: \$\.tools: .*",
    ),
    "cut off": (LIST[:-20], r"c.json:2: \$\[1\]: the array does not end.*"),
    "not UTF-8": (
        LIST.replace(b"Bye", b"\xff"),
        r"c.json:1: \$\[0\]: not UTF-8 at byte \d+; save.*",
    ),
    "too deep": (one('{"role": "user", "content": ' + "[" * 9999), r"c.json:1: nested too deeply"),
    "a batch's output": (
        b'{"custom_id": "a", "response": {"body": {"choices": []}}}',
        r"c.json:1: output of a batch, which is answers without their requests; .*",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_with_its_place(case: str) -> None:
    content, message = BAD[case]
    assert re.fullmatch(message, refusal(openai_chat, content, "c.json"))


@settings(max_examples=300)
@given(damaged(GOOD) | damaged(LIST), st.sampled_from(["c.json", "c.jsonl"]))
def test_damage_is_read_or_refused(content: bytes, name: str) -> None:
    survives(openai_chat, content, name)


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


def test_tools_of_the_user_are_no_actions_and_no_features() -> None:
    by_user = {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "toggle"}]}
    told = {"role": "tool", "tool_call_id": "u", "requestor": "user", "content": "on"}
    account = Account()
    content = json.dumps({"messages": [by_user, told, user("on"), calls("x")]}).encode()
    (read,) = read_bytes(openai_chat, content, "c.json", account)
    assert read.turns == turns(user("on"), calls("x"))
    assert account.ignored.keys() >= {"calls of tools by the user", "results of calls by the user"}


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
