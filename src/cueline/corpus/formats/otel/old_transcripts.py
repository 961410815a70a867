"""What the formats of agent transcripts share: messages to a dialogue, JSON to text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.formats.otel.old_messages import Function, Message, ToolCall
from cueline.corpus.formats.otel.old_turns import turns
from cueline.dialogue import Dialogue


def transcript(
    path: Path,
    number: int,
    messages: Iterable[Message],
    offered: Iterable[str] | None,
    keys: Mapping[str, Any],
) -> Dialogue | None:
    """The dialogue that `messages` are; None if the system never acts in it.

    Of `keys`, those of the object that it stands in, single values go to `meta`.
    """
    done, calls = turns(messages, offered)
    if not done:
        return None
    single = {key: value for key, value in keys.items() if isinstance(value, str | int | float)}
    name = str(single.pop("id", "")) or f"{path.stem}-{number}"
    return Dialogue(name, tuple(done), {"source": path.name, **single, "calls": calls})


def call(name: str, arguments: Any, id: str | None = None) -> ToolCall:
    """A call of a tool; arguments are a JSON text, an object, or anything else."""
    kept = arguments if isinstance(arguments, str | dict | None) else as_text(arguments)
    return ToolCall(Function(name, kept), id)


def as_text(value: Any) -> str:
    """What a tool returned, as text: JSON where it is not text already."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def tool_names(tools: Any) -> list[str]:
    """The names of the tools in a list of definitions, in any of the usual notations."""
    names = []
    for tool in tools if isinstance(tools, list) else []:
        if isinstance(tool, dict):
            function = tool.get("function")
            inner = function.get("name") if isinstance(function, dict) else None
            names.append(tool.get("name") or inner or tool.get("type"))
    return [name for name in names if isinstance(name, str) and name]
