"""The tools that a record says could be called, in the notations that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import from_text
from cueline.corpus.transcripts.closed_world import inner, kind_of, refuse
from cueline.corpus.transcripts.events import ToolsOffered
from cueline.corpus.transcripts.prompt_tools import tools_in_prompt
from cueline.corpus.transcripts.tool_notations import flat
from cueline.corpus.transcripts.tool_schemas import schema_of
from cueline.errors import Place

ANY = ToolsOffered(None)
"""What is offered where a server, not the record, says which tools there are."""
_OPEN_TYPES = ("mcp", "mcp_toolset")
_NAMED_AFTER = {
    "code_execution": ("code_execution", "bash_code_execution", "text_editor_code_execution"),
}
_PLATFORM = (
    "web_search",
    "web_fetch",
    "file_search",
    "code_interpreter",
    "code_execution",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
    "computer",
    "tool_search",
)
_NAMES = ("name", "title")


def tools_offered(value: Any, place: Place, account: Account) -> ToolsOffered | None:
    """The tools in a list of definitions, an object from name to definition, or JSON in a string.

    None where the record does not say. A tool without a definition is passed over, and counted.
    """
    if isinstance(value, str) and value.lstrip()[:1] not in ("", "[", "{"):
        account.ignore("tools in words", place)
        return tools_in_prompt(value)
    if isinstance(value, str):
        value = from_text(value, place, "the list of tools") or []
    if value is None:
        return None
    value = flat(value)
    if isinstance(value, dict):
        named = "name" in value or "function" in value or "type" in value
        value = [value] if named else [_named(*both) for both in value.items()]
    if not isinstance(value, list):
        refuse(place, f"the tools are {kind_of(value)}, expected a list of them")
    found: dict[str, Any] = {}
    for number, tool in enumerate(value):
        for name, schema in _tools(tool, inner(place, number), account):
            if name is None:
                return ANY
            found[name] = schema
    return ToolsOffered(tuple(found), {name: one for name, one in found.items() if one is not None})


def platform_name(type: str) -> str:
    """What a tool of the platform is called by: `web_search_preview` is `web_search`."""
    return next((name for name in _PLATFORM if type.startswith(name)), type)


def _named(name: str, definition: Any) -> dict[str, Any]:
    """The definition of a tool that has its name beside it."""
    schema = schema_of(definition) if isinstance(definition, dict) else None
    return {"name": name} if schema is None else {"name": name, "parameters": schema}


def _tools(tool: Any, place: Place, account: Account) -> Iterator[tuple[str | None, Any]]:
    """The names of a tool, each with its schema, which is None where there is none.

    The name is None for a server whose tools the record does not name.
    """
    if isinstance(tool, str) and tool:
        yield tool, None
        return
    if tool is None:
        account.ignore("tool without a definition", place)
        return
    if not isinstance(tool, dict):
        refuse(place, f"a tool is {kind_of(tool)}, expected its definition")
    type = tool.get("type") if isinstance(tool.get("type"), str) else ""
    for holder in ("function", "custom"):
        if holder in tool:
            tool = tool[holder]
            break
    if tool is None or tool == {}:
        account.ignore("tool without a definition", place)
        return
    if isinstance(tool, str) and tool:
        yield tool, None
        return
    if not isinstance(tool, dict):
        refuse(place, f"a tool's definition is {kind_of(tool)}, expected an object")
    if type in _OPEN_TYPES:
        yield None, None
        return
    name = next((tool[key] for key in _NAMES if isinstance(tool.get(key), str) and tool[key]), None)
    platform = platform_name(type or "")
    if platform in _NAMED_AFTER:
        yield from ((one, None) for one in _NAMED_AFTER[platform])
    elif name is not None:
        yield name, schema_of(tool)
    elif type and type not in ("function", "custom"):
        yield platform, None
    else:
        refuse(place, "a tool without a name")
