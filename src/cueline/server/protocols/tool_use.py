"""Which tools may be called, and whether one must be: what a choice of tools comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, structs

from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Turn
from cueline.server.errors import RequestError
from cueline.server.protocols.agent import AgentRequest, AgentTool


class ToolUse(Struct, frozen=True):
    """What a request says of its tools, in whatever words."""

    mode: Literal["auto", "required", "none"] = "auto"
    names: tuple[str, ...] | None = None
    """The tools that may be called; None for all."""
    parallel: bool = True


def agent_request(
    turns: Sequence[Turn], unread: bool, tools: Iterable[AgentTool], use: ToolUse
) -> AgentRequest:
    """The request of an agent: the last of `turns` is to come. Raises `RequestError`."""
    *past, last = turns
    by_name = _by_name(tools)
    for name in use.names or ():
        if name not in by_name:
            raise RequestError(422, f"tool_choice: there is no tool {name!r} among the tools")
    if use.mode == "required" and not by_name:
        raise RequestError(422, "tool_choice: a call is required, but no tools are given")
    available = _available(by_name, use)
    turn = structs.replace(last, actions=None, arguments={}, system=None, available=available)
    return AgentRequest(
        past=tuple(past),
        turn=turn,
        tools=by_name,
        required=use.mode == "required",
        parallel=use.parallel,
        unread=unread,
    )


def _available(tools: dict[str, AgentTool], use: ToolUse) -> tuple[str, ...] | None:
    """The actions that are allowed; None where a server has tools without a name here.

    None without tools, too: what would be done then is shown, and not called.
    """
    if use.mode == "none":
        return (RESPOND,)
    names = tuple(tools) if use.names is None else use.names
    if not tools or any(tools[name].kind == "server" for name in names):
        return None
    return names if use.mode == "required" else (*names, RESPOND)


def _by_name(tools: Iterable[AgentTool]) -> dict[str, AgentTool]:
    found: dict[str, AgentTool] = {}
    for tool in tools:
        if tool.name in found:
            raise RequestError(
                422, f"tools: two are called {tool.name!r}; give each a name of its own"
            )
        found[tool.name] = tool
    return found
