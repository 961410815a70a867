"""The tools that a system prompt offers, as JSON within its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cueline.corpus.transcripts.events import ToolsOffered
from cueline.corpus.transcripts.tool_schemas import schema_of

_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
_OPEN = re.compile(r"[\[{]")
_DEFINES = frozenset(("parameters", "description", "arguments", "input_schema", "inputSchema"))
_decoder = json.JSONDecoder()


def tools_in_prompt(text: str) -> ToolsOffered | None:
    """The tools between `<tools>` tags, else those that are defined in JSON; None without any."""
    if '"name"' not in text:
        return None
    tagged = _TOOLS.search(text)
    values = _values(tagged[1] if tagged else text)
    found = [function for value in values for function in _functions(value)]
    return _offered(found) if found or tagged else None


def named_in_prompt(text: str) -> ToolsOffered:
    """The names in all JSON objects of `text`, whether or not they define anything."""
    values = [value for value in _values(text) if isinstance(value, dict)]
    return _offered([value for value in values if isinstance(value.get("name"), str)])


def _offered(functions: list[dict[str, Any]]) -> ToolsOffered:
    schemas = {one["name"]: schema_of(one) for one in functions}
    known = {name: schema for name, schema in schemas.items() if schema is not None}
    return ToolsOffered(tuple(schemas), known)


def _values(text: str) -> Iterator[Any]:
    """The JSON objects and lists of objects in `text`."""
    at = 0
    while (opened := _OPEN.search(text, at)) is not None:
        try:
            value, at = _decoder.raw_decode(text, opened.start())
        except (ValueError, RecursionError):
            at = opened.end()
            continue
        yield value


def _functions(value: Any) -> Iterator[dict[str, Any]]:
    for tool in value if isinstance(value, list) else [value]:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            continue
        if function is not tool or _DEFINES & function.keys():
            yield function
