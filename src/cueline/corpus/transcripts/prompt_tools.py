"""The tools that a system prompt offers, as JSON within its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cueline.corpus.transcripts.events import ToolsOffered

_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
_OPEN = re.compile(r"[\[{]")
_DEFINES = frozenset(("parameters", "description", "arguments", "input_schema", "inputSchema"))
_decoder = json.JSONDecoder()


def tools_in_prompt(text: str) -> ToolsOffered | None:
    """The tools between `<tools>` tags, else those that are defined in JSON; None without any."""
    if '"name"' not in text:
        return None
    tagged = _TOOLS.search(text)
    found = [name for value in _values(tagged[1] if tagged else text) for name in _names(value)]
    return ToolsOffered(tuple(dict.fromkeys(found))) if found or tagged else None


def named_in_prompt(text: str) -> ToolsOffered:
    """The names in all JSON objects of `text`, whether or not they define anything."""
    named = [value.get("name") for value in _values(text) if isinstance(value, dict)]
    return ToolsOffered(tuple(dict.fromkeys(name for name in named if isinstance(name, str))))


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


def _names(value: Any) -> Iterator[str]:
    for tool in value if isinstance(value, list) else [value]:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            continue
        if function is not tool or _DEFINES & function.keys():
            yield function["name"]
