"""Anthropic's messages: messages and tools in, uses of tools out; nothing is kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.formats.anthropic.messages import READER
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.tools import platform_name
from cueline.dialogue import Name
from cueline.errors import Place
from cueline.server.errors import RequestError, ThreadNotKeptError
from cueline.server.protocols.agent import (
    AgentDecision,
    AgentRequest,
    AgentTool,
    LocalAnswer,
)
from cueline.server.protocols.history import history
from cueline.server.protocols.tool_use import ToolUse, agent_request

_MODES: Mapping[str, Literal["auto", "required", "none"]] = {
    "auto": "auto",
    "any": "required",
    "tool": "required",
    "none": "none",
}
_OF_SERVER = ("web_search", "web_fetch", "code_execution")
"""What the types of tools begin with that Anthropic's servers call."""
_OTHERS = ("_toolset", "tool_search_tool")
"""What the types have in them of tools that stand for others, named nowhere in the request."""


class MessagesTool(Struct):
    """A tool that may be called; those that Anthropic defines have a type, and no schema."""

    name: Name | None = None
    type: str | None = None
    input_schema: dict[str, Any] | None = None

    def agent_tool(self) -> AgentTool:
        """The tool, whatever protocol defines it."""
        type = self.type or "custom"
        if any(part in type for part in _OTHERS):
            return AgentTool(self.name or type, "server")
        name = self.name or platform_name(type)
        if type.startswith(_OF_SERVER):
            return AgentTool(name, "platform")
        return AgentTool(name, schema=self.input_schema)


class MessagesChoice(Struct):
    """Whether a tool must be used, or may, and which."""

    type: Literal["auto", "any", "tool", "none"]
    name: Name | None = None
    disable_parallel_tool_use: bool | None = None

    def use(self) -> ToolUse:
        """The choice, whatever protocol makes it."""
        names = None
        if self.type == "tool":
            if self.name is None:
                raise RequestError(422, "tool_choice: a tool is chosen by its `name`")
            names = (self.name,)
        return ToolUse(_MODES[self.type], names, self.disable_parallel_tool_use is not True)


class MessagesRequest(Struct):
    """As Anthropic's API has it, as far as it matters here; what else is in it is not looked at."""

    messages: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    model: str = ""
    tools: list[MessagesTool] | None = None
    tool_choice: MessagesChoice | None = None
    mcp_servers: list[Any] | None = None
    stream: bool | None = None
    metadata: Any = None

    @property
    def user(self) -> Any:
        """Whose dialogue it is, as the caller says."""
        return self.metadata.get("user_id") if isinstance(self.metadata, dict) else None

    def agent_request(self) -> AgentRequest:
        """What is asked. Raises `CorpusError` and `RequestError`."""
        turns, unread = history(self.messages, "$.messages", _read)
        tools = [tool.agent_tool() for tool in self.tools or ()]
        use = ToolUse() if self.tool_choice is None else self.tool_choice.use()
        begun = self.messages[-1].get("role") == "assistant"
        return agent_request(turns, unread or begun, tools, use)


class ToolUseBlock(Struct, tag_field="type", tag="tool_use"):
    """A tool to use."""

    id: str
    name: str
    input: Mapping[str, Any]


class TextBlock(Struct, tag_field="type", tag="text"):
    """Words: why there is no answer."""

    text: str


class MessagesUsage(Struct):
    """No tokens: none are counted."""

    input_tokens: int = 0
    output_tokens: int = 0


class MessagesAnswer(Struct):
    """A message, and under `cueline` the whole decision."""

    id: str
    model: str
    content: list[ToolUseBlock | TextBlock]
    stop_reason: Literal["tool_use", "refusal"]
    cueline: AgentDecision
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    stop_sequence: None = None
    usage: MessagesUsage = msgspec.field(default_factory=MessagesUsage)


class _Threaded(Struct):
    """A request that may be part of a thread."""

    thread: Any = None


def refuse_threads(body: bytes) -> None:
    """Raise `ThreadNotKeptError` for a request that goes on from what a server keeps.

    An upstream must not see it either: it would lack the turns that were answered here.
    """
    if b'"thread"' in body:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if msgspec.json.decode(body, type=_Threaded).thread is not None:
                raise ThreadNotKeptError


def messages_answer(local: LocalAnswer) -> MessagesAnswer:
    """The message: uses of tools, or why there are none."""
    content: list[ToolUseBlock | TextBlock] = [
        ToolUseBlock(f"toolu_{call.id}", call.tool.name, call.arguments) for call in local.calls
    ]
    return MessagesAnswer(
        id=f"msg_{secrets.token_urlsafe(12)}",
        model=local.policy,
        content=content or [TextBlock(local.refusal)],
        stop_reason="tool_use" if content else "refusal",
        cueline=local.decision,
    )


def message_stream(answer: MessagesAnswer) -> Iterator[dict[str, Any]]:
    """The message as the events of a stream: it begins, block by block, why it stops."""
    whole = msgspec.to_builtins(answer)
    begun = whole | {"content": [], "stop_reason": None}
    yield {"type": "message_start", "message": begun}
    empty: dict[str, Any]
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            text = msgspec.json.encode(block["input"]).decode()
            empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": text}
        at = {"index": index}
        yield at | {"type": "content_block_start", "content_block": block | empty}
        yield at | {"type": "content_block_delta", "delta": delta}
        yield at | {"type": "content_block_stop"}
    stopped = {"stop_reason": answer.stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": stopped, "usage": whole["usage"]}
    yield {"type": "message_stop"}


def _read(message: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """What happens in a message, whose unknown keys do not matter."""
    known = READER.keys | READER.ignored
    return READER.events({key: message[key] for key in message if key in known}, place, account)
