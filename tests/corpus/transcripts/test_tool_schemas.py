"""The schemas of tools are the same in whatever notation, and stay in the dialogue's `meta`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import load
from cueline.corpus.account import Account
from cueline.corpus.formats import jsonl
from cueline.corpus.transcripts.events import ToolsOffered
from cueline.corpus.transcripts.prompt_tools import named_in_prompt, tools_in_prompt
from cueline.corpus.transcripts.tools import tools_offered
from cueline.errors import Place
from cueline.json_schemas import SCHEMAS, declared

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "size": {"type": "string", "enum": ["s", "m"]}},
    "required": ["n"],
}
LOUD = {
    "type": "OBJECT",
    "properties": {"n": {"type": "INTEGER"}, "size": {"type": "STRING", "enum": ["s", "m"]}},
    "required": ["n"],
}
LISTED = {
    "n": {"type": "int", "required": True},
    "size": {"type": "str", "required": False, "enum": ["s", "m"]},
}
NOTATIONS: dict[str, Any] = {
    "chat": [{"type": "function", "function": {"name": "track", "parameters": SCHEMA}}],
    "responses": [{"type": "function", "name": "track", "parameters": SCHEMA}],
    "anthropic": [{"name": "track", "input_schema": SCHEMA}],
    "mcp": [{"name": "track", "inputSchema": SCHEMA}],
    "by name": {"track": {"description": "where", "inputSchema": {"jsonSchema": SCHEMA}}},
    "bedrock": {"tools": [{"toolSpec": {"name": "track", "inputSchema": {"json": SCHEMA}}}]},
    "gemini": [{"functionDeclarations": [{"name": "track", "parameters": LOUD}]}],
    "cohere": [{"name": "track", "parameter_definitions": LISTED}],
    "xlam": [
        {
            "name": "track",
            "parameters": {
                "n": {"type": "int"},
                "size": {"type": "str, optional", "enum": ["s", "m"]},
            },
        }
    ],
    "bfcl": [{"name": "track", "parameters": {**SCHEMA, "type": "dict"}}],
    "in a string": json.dumps([{"name": "track", "parameters": json.dumps(SCHEMA)}]),
}


@pytest.mark.parametrize("tools", NOTATIONS.values(), ids=NOTATIONS)
def test_a_schema_is_the_same_in_every_notation(tools: Any) -> None:
    offered = tools_offered(tools, Place("a.json"), Account())
    assert offered is not None
    assert offered.names == ("track",)
    assert declared(offered.schemas["track"]) == declared(SCHEMA)


@pytest.mark.parametrize("read", [tools_in_prompt, named_in_prompt])
def test_a_prompt_has_schemas_too(read: Callable[[str], ToolsOffered]) -> None:
    found = read(f"Call these: {json.dumps({'name': 'track', 'parameters': SCHEMA})}")
    assert found == ToolsOffered(("track",), {"track": SCHEMA})


def test_they_stay_with_the_dialogue_and_survive_being_converted(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "where is 7?"},
        {"role": "assistant", "tool_calls": [
            {"id": "c", "function": {"name": "track", "arguments": '{"n": 7}'}}]},
    ]  # fmt: skip
    file, out = tmp_path / "a.json", tmp_path / "b.jsonl"
    file.write_text(json.dumps({"messages": messages, "tools": NOTATIONS["chat"]}))
    (dialogue,) = load(file)
    assert dialogue.meta[SCHEMAS] == {"track": SCHEMA}
    jsonl.write(out, [dialogue])
    assert next(iter(load(out))).meta[SCHEMAS] == {"track": SCHEMA}
