"""One talk in the notation of each format: all of them are the same dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import FORMATS, read_all
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import damaged, read_bytes, refusal, survives

Json = dict[str, Any]
SENT = '{"status": "sent"}'


def text(content: str) -> Json:
    return {"type": "text", "content": content}


CALL = {"type": "tool_call", "id": "c1", "name": "track", "arguments": {"n": 7}}
SPOKEN: list[Json] = [
    {"role": "user", "parts": [text("Where is my parcel?")]},
    {"role": "assistant", "parts": [text("Let me look."), CALL]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": SENT}]},
    {"role": "assistant", "parts": [text("On its way.")]},
]
TOOLS = [{"type": "function", "name": "track"}]
TALK: dict[str, Json] = {
    "openai": {
        "messages": [
            {"role": "user", "content": "Where is my parcel?"},
            {
                "role": "assistant",
                "content": "Let me look.",
                "tool_calls": [
                    {"id": "c1", "function": {"name": "track", "arguments": '{"n": 7}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": SENT},
            {"role": "assistant", "content": "On its way."},
        ],
        "tools": [{"type": "function", "function": {"name": "track"}}],
    },
    "anthropic": {
        "messages": [
            {"role": "user", "content": "Where is my parcel?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "c1", "name": "track", "input": {"n": 7}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c1", "content": SENT}],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "On its way."}]},
        ],
        "tools": [{"name": "track", "input_schema": {}}],
        "system": "Be kind.",
    },
    "responses": {
        "instructions": "Be kind.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Where is my parcel?"}]},
            {"type": "reasoning", "summary": []},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Let me look."}],
            },
            {"type": "function_call", "call_id": "c1", "name": "track", "arguments": '{"n": 7}'},
            {"type": "function_call_output", "call_id": "c1", "output": SENT},
        ],
        "output": [{"role": "assistant", "content": "On its way.", "type": "message"}],
        "tools": TOOLS,
    },
    "otel": {
        "name": "chat",
        "traceId": "t1",
        "attributes": {
            "gen_ai.input.messages": SPOKEN[:3],
            "gen_ai.output.messages": SPOKEN[3:],
            "gen_ai.tool.definitions": TOOLS,
        },
    },
}
SHAREGPT = {
    "conversations": [
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Where is my parcel?"},
        {"from": "function_call", "value": '{"name": "track", "arguments": {"n": 7}}'},
        {"from": "observation", "value": SENT},
        {"from": "gpt", "value": "On its way."},
    ],
    "tools": json.dumps(TOOLS),
}
GLAIVE = {
    "system": 'SYSTEM: You have functions -\n{"name": "track", "parameters": {"a": {}}}\n{oops',
    "chat": "USER: Where is my parcel?\n\n\nASSISTANT: Let me look. <functioncall> "
    '{"name": "track", "arguments": \'{"n": 7}\'} <|endoftext|>\n\n\n'
    f"FUNCTION RESPONSE: {SENT}\n\n\nASSISTANT: On its way. <|endoftext|>",
}
TALK["glaive"] = GLAIVE
CALLED = {"track": ({"n": 7},)}
OFFERED = ("track", "respond")
TURNS = (
    Turn("Where is my parcel?", {}, OFFERED, ("track",), "Let me look.", arguments=CALLED),
    Turn(
        None,
        {"answered": ("track",), "result": ("object",)},
        OFFERED,
        ("respond",),
        "On its way.",
        results={"track": ({"status": "sent"},)},
    ),
)


def dialogues(format: str, *values: Any) -> list[Dialogue]:
    content = b"\n".join(json.dumps(value).encode() for value in values)
    return read_bytes(FORMATS[format], content, "talk.jsonl")


@pytest.mark.parametrize("format", TALK)
def test_every_notation_tells_the_same(format: str) -> None:
    (dialogue,) = dialogues(format, TALK[format])
    assert dialogue.turns == TURNS
    assert dialogue.meta["source"] == "talk.jsonl"


def test_sharegpt_has_words_or_a_call() -> None:
    (dialogue,) = dialogues("sharegpt", SHAREGPT)
    first, second = TURNS
    assert dialogue.turns == (Turn(first.user, {}, OFFERED, ("track",), arguments=CALLED), second)
    assert dialogue.meta == {"source": "talk.jsonl"}


@pytest.mark.parametrize("tools, offered", [(None, None), ("", ("respond",)), ("x", None)])
def test_sharegpt_tools_may_be_unsaid_none_or_nonsense(tools: Any, offered: Any) -> None:
    (dialogue,) = dialogues("sharegpt", {**SHAREGPT, "tools": tools})
    assert dialogue.turns[0].available == offered


@pytest.mark.parametrize("format", ["anthropic", "responses"])
def test_messages_on_their_own_are_one_dialogue(format: str) -> None:
    talk = TALK[format]
    loose = talk["messages"] if "messages" in talk else [*talk["input"], *talk["output"]]
    (in_lines,) = dialogues(format, *loose)
    (in_list,) = dialogues(format, loose)
    assert in_lines.turns == in_list.turns
    assert [turn.actions for turn in in_list.turns] == [turn.actions for turn in TURNS]


def test_an_error_of_a_tool_is_known_as_one() -> None:
    talk = json.loads(json.dumps(TALK["anthropic"]))
    talk["messages"][2]["content"][0] |= {"is_error": True, "content": [text("") | {"text": "no"}]}
    assert dialogues("anthropic", talk)[0].turns[1].features["result"] == ("error",)


def two_calls(format: str) -> Json:
    """Two calls, whose results come in the other order."""
    ids = ("c1", "c2")
    if format == "anthropic":
        uses = [{"type": "tool_use", "id": id, "name": id, "input": {}} for id in ids]
        results = [
            {"type": "tool_result", "tool_use_id": id, "content": f"of {id}"} for id in ids[::-1]
        ]
        return {
            "messages": [
                {"role": "assistant", "content": uses},
                {"role": "user", "content": results},
                {"role": "assistant", "content": "done"},
            ]
        }
    calls = [{"type": "function_call", "call_id": id, "name": id, "arguments": ""} for id in ids]
    outputs = [
        {"type": "function_call_output", "call_id": id, "output": f"of {id}"} for id in ids[::-1]
    ]
    said = {"type": "message", "role": "assistant", "content": "done"}
    return {"items": [*calls, *outputs, said]}


@pytest.mark.parametrize("format", ["anthropic", "responses"])
def test_results_find_their_calls_by_id(format: str) -> None:
    (dialogue,) = dialogues(format, two_calls(format))
    assert dialogue.turns[0].actions == ("c1", "c2")
    assert dialogue.turns[1].results == {"c1": ("of c1",), "c2": ("of c2",)}


def test_a_question_as_text_and_a_built_in_tool() -> None:
    talk = {"input": "news?", "output": [{"type": "web_search_call", "id": "w"}]}
    (dialogue,) = dialogues("responses", talk)
    assert dialogue.turns == (
        Turn("news?", {}, None, ("web_search",), arguments={"web_search": ({},)}),
    )


def as_protocol(span: Json) -> Json:
    """The span as OpenTelemetry's protocol exports it."""
    attributes = [
        {"key": key, "value": {"stringValue": json.dumps(value)}}
        for key, value in span["attributes"].items()
    ]
    spans = [{"name": "other", "attributes": []}, {**span, "attributes": attributes}]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def test_an_export_of_the_protocol_tells_the_same() -> None:
    (dialogue,) = dialogues("otel", as_protocol(TALK["otel"]))
    assert (dialogue.id, dialogue.turns) == ("t1", TURNS)


def span(asked: list[Json], answered: list[Json], talk: str = "c1") -> Json:
    return {
        "traceId": f"{talk} {len(asked)}",
        "attributes": {
            "gen_ai.conversation.id": talk,
            "gen_ai.input.messages": asked,
            "gen_ai.output.messages": answered,
            "gen_ai.tool.definitions": TOOLS,
        },
    }


@given(st.booleans(), st.booleans())
def test_spans_of_a_conversation_are_one_dialogue(whole: bool, between: bool) -> None:
    second = SPOKEN[:3] if whole else SPOKEN[2:3]
    other = [span(SPOKEN[:1], SPOKEN[3:], talk="c2")] if between else []
    spans = [span(SPOKEN[:1], SPOKEN[1:2]), *other, span(second, SPOKEN[3:])]
    first, *rest = dialogues("otel", *spans)
    assert (first.id, first.turns) == ("c1", TURNS)
    assert [dialogue.id for dialogue in rest] == ["c2"] * between


BAD: dict[str, tuple[Any, str]] = {
    "sharegpt": (
        {"conversations": [{"from": "function_call", "value": "{"}]},
        "talk.jsonl:1: $.conversations[0].value: a list of calls is a text that is not JSON",
    ),
    "anthropic": (
        {"messages": [{"role": "robot", "content": ""}]},
        "talk.jsonl:1: $.messages[0]: a message of a role of the unknown type 'robot'",
    ),
    "glaive": ({"chat": "Hello"}, "talk.jsonl:1: $.chat: a chat begins with `USER:`"),
    "responses": ({"inputs": []}, "talk.jsonl:1: expected an object with `input`, `items` or"),
    "otel": (
        {"attributes": {"gen_ai.input.messages": []}},
        "talk.jsonl:1: a span without `gen_ai.conversation.id` and `traceId`",
    ),
}


@pytest.mark.parametrize("format", BAD)
def test_a_malformed_file_is_refused_with_the_place(format: str) -> None:
    value, message = BAD[format]
    assert refusal(FORMATS[format], json.dumps(value).encode(), "talk.jsonl").startswith(message)


@pytest.mark.parametrize("format", ["anthropic", "responses", "otel", "sharegpt", "glaive"])
@given(st.data())
def test_damaged_files_are_read_or_refused(format: str, data: st.DataObject) -> None:
    talk = SHAREGPT if format == "sharegpt" else TALK[format]
    content = data.draw(damaged(json.dumps(talk).encode()))
    survives(FORMATS[format], content, data.draw(st.sampled_from(["t.json", "t.jsonl"])))


def test_the_real_function_calls_are_counted_right(corpora: Path) -> None:
    read = read_all([corpora / "glaive_toolcall"])
    turns = [turn for dialogue in read for turn in dialogue.turns]
    called = [action for turn in turns for action in turn.actions or () if action != "respond"]
    assert (len(read), sum(turn.user is not None for turn in turns)) == (300, 746)
    assert (len(called), len(set(called))) == (211, 51)
