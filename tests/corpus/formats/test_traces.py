"""One call of a model, as each convention for traces writes it, is one and the same dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.dialogue import Turn
from cueline.errors import CorpusError

ASKED, SAID = {"role": "user", "content": "where?"}, {"role": "assistant", "content": "here"}
TOOL = {"type": "function", "function": {"name": "track", "parameters": {}}}
CALL = {"toolCallId": "c1", "toolName": "track", "args": '{"parcel": 7}'}
EVENTS = [
    {"event.name": "gen_ai.user.message", "gen_ai.system": "x", "content": "where?"},
    {"event.name": "gen_ai.choice", "index": 0, "message": {"content": "here"}},
]
SPANS: dict[str, dict[str, Any]] = {
    "messages": {
        "gen_ai.input.messages": json.dumps([ASKED]),
        "gen_ai.output.messages": json.dumps([SAID]),
    },
    "indexed": {
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "where?",
        "gen_ai.completion.0.content": "here",
    },
    "indexed texts": {"llm.prompts.0.content": "where?", "llm.completions.0.content": "here"},
    "OpenInference": {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "where?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "here",
    },
    "AI SDK": {"ai.prompt.messages": json.dumps([ASKED]), "ai.response.text": "here"},
    "events in an attribute": {"events": json.dumps(EVENTS)},
    "all events in an attribute": {"all_messages_events": json.dumps(EVENTS)},
}


def span(attributes: dict[str, Any], events: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "trace_id": "t1",
        "span_id": "s1",
        "name": "chat",
        "start_time": "2026-01-05T10:00:00Z",
        "attributes": {"gen_ai.operation.name": "chat", "gen_ai.system": "x"} | attributes,
        "events": events or [],
    }


def turns(folder: Path, record: dict[str, Any], account: Account | None = None) -> list[Turn]:
    (folder / "spans.jsonl").write_text(json.dumps(record) + "\n")
    (dialogue,) = read_all(folder / "spans.jsonl", account=account or Account())
    return list(dialogue.turns)


HERE = [Turn("where?", {}, None, ("respond",), "here")]


@pytest.mark.parametrize("convention", SPANS)
def test_every_convention_tells_the_same(tmp_path: Path, convention: str) -> None:
    assert turns(tmp_path, span(SPANS[convention])) == HERE


@pytest.mark.parametrize(
    "events",
    [
        [
            {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": json.dumps([ASKED])}},
            {
                "name": "gen_ai.content.completion",
                "attributes": {"gen_ai.completion": json.dumps([SAID])},
            },
        ],
        [
            {
                "name": "gen_ai.client.inference.operation.details",
                "attributes": SPANS["messages"],
            }
        ],
        [
            {"name": "gen_ai.user.message", "attributes": {"content": "where?"}},
            {"name": "gen_ai.choice", "attributes": {"index": 0, "message": json.dumps(SAID)}},
            {"name": "gen_ai.choice", "attributes": {"index": 1, "message": json.dumps(SAID)}},
            {"name": "exception", "attributes": {"content": "nothing to do with it"}},
        ],
    ],
)
def test_events_of_a_span_tell_it_too(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    assert turns(tmp_path, span({}, events)) == HERE


def test_calls_and_tools_of_the_ai_sdk(tmp_path: Path) -> None:
    attributes = {
        "ai.prompt.messages": json.dumps([ASKED]),
        "ai.prompt.tools": [json.dumps(TOOL)],
        "ai.response.toolCalls": json.dumps([CALL]),
    }
    (turn,) = turns(tmp_path, span(attributes))
    assert turn.actions == ("track",)
    assert set(turn.available or ()) == {"respond", "track"}


def test_an_event_that_no_convention_has_is_refused(tmp_path: Path) -> None:
    events = [{"name": "gen_ai.prophet.message", "attributes": {"content": "where?"}}]
    with pytest.raises(CorpusError, match="an event of the unknown type 'gen_ai.prophet.message'"):
        turns(tmp_path, span({}, events))


@pytest.mark.parametrize(
    "named",
    [
        lambda name: {"eventName": name},
        lambda name: {"event_name": name},
        lambda name: {"attributes": {"event.name": name}},
        lambda name: {"attributes": [{"key": "event.name", "value": {"stringValue": name}}]},
    ],
)
def test_a_record_of_a_log_is_known_by_its_event_wherever_that_stands(
    tmp_path: Path, named: Any
) -> None:
    around = {"trace_id": "t1", "span_id": "s1"}
    asked = {**around, "timestamp": 1, "body": {"content": "where?"}}
    said = {**around, "timestamp": 2, "body": {"index": 0, "message": SAID}}
    lines = [asked | named("gen_ai.user.message"), said | named("gen_ai.choice")]
    path = tmp_path / "logs.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    (dialogue,) = read_all(path)
    assert list(dialogue.turns) == [Turn("where?", {}, None, ("respond",), "here")]
