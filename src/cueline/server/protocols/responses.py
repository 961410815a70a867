"""OpenAI's responses: items and tools in, items out; a later request may go on from an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.response_items import KNOWN, item_events
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.tools import platform_name
from cueline.dialogue import Name
from cueline.errors import Place
from cueline.io import convert
from cueline.server.errors import RequestError
from cueline.server.protocols.agent import (
    AgentCall,
    AgentDecision,
    AgentRequest,
    AgentTool,
    LocalAnswer,
)
from cueline.server.protocols.history import history
from cueline.server.protocols.tool_use import ToolUse, agent_request

_SERVERS = ("mcp", "namespace", "tool_search", "programmatic_tool_calling")
"""The kinds of tools that stand for others, whose names are nowhere in the request."""


class ResponseTool(Struct):
    """A tool that may be called; those of the platform have no name."""

    type: str
    name: Name | None = None
    server_label: str = ""
    parameters: dict[str, Any] | None = None

    def agent_tool(self) -> AgentTool:
        """The tool, whatever protocol defines it."""
        if self.type in _SERVERS:
            return AgentTool(self.agent_name, "server")
        if self.type == "function":
            return AgentTool.function(self.agent_name, self.parameters)
        return AgentTool(self.agent_name, "custom" if self.type == "custom" else "platform")

    @property
    def agent_name(self) -> str:
        """What it is called by."""
        if self.type in ("function", "custom"):
            if self.name is None:
                raise RequestError(422, f"a tool of the type {self.type!r} without a name")
            return self.name
        if self.type in _SERVERS:
            return f"{self.type} {self.server_label or self.name or ''}".strip()
        return self.name or platform_name(self.type)


class ResponseChoice(ResponseTool):
    """One tool that must be called, or those that may be."""

    mode: Literal["auto", "required"] = "required"
    tools: Annotated[list[ResponseTool], Meta(min_length=1)] | None = None

    def use(self) -> tuple[Literal["auto", "required"], tuple[str, ...]]:
        """Whether a call must be, and of which tools it may."""
        if self.type != "allowed_tools":
            return "required", (self.agent_name,)
        if self.tools is None:
            raise RequestError(422, "tool_choice: the allowed tools stand in `tools`")
        return self.mode, tuple(dict.fromkeys(tool.agent_name for tool in self.tools))


class EchoedSettings(Struct, kw_only=True):
    """Settings of a request that change nothing here; its answer says them again."""

    instructions: Any = None
    max_output_tokens: Any = None
    metadata: Any = None
    reasoning: Any = None
    temperature: Any = None
    text: Any = None
    top_p: Any = None
    truncation: Any = None
    user: Any = None


class ResponseRequest(EchoedSettings):
    """As OpenAI's API has it, as far as it matters here; what else is in it is not looked at."""

    input: str | list[dict[str, Any]]
    model: str = ""
    tools: list[dict[str, Any]] | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    store: bool | None = None
    stream: bool | None = None

    @property
    def items(self) -> list[dict[str, Any]]:
        """What the request adds to the conversation."""
        said = self.input
        return [{"role": "user", "content": said}] if isinstance(said, str) else said

    def agent_request(self, before: list[dict[str, Any]]) -> AgentRequest:
        """What is asked after the items `before`. Raises `CorpusError` and `RequestError`."""
        if self.conversation is not None:
            what = "conversation: none is kept; go on with previous_response_id"
            raise RequestError(422, what)
        turns, unread = history([*before, *self.items], "$.input", _read)
        given = convert(self.tools or [], list[ResponseTool], Place("request", path="$.tools"))
        return agent_request(turns, unread, (tool.agent_tool() for tool in given), self._use())

    def _use(self) -> ToolUse:
        parallel = self.parallel_tool_calls is not False
        if isinstance(self.tool_choice, dict):
            place = Place("request", path="$.tool_choice")
            chosen = convert(self.tool_choice, ResponseChoice, place)
            return ToolUse(*chosen.use(), parallel=parallel)
        return ToolUse(self.tool_choice or "auto", parallel=parallel)


class FunctionCallItem(Struct, tag_field="type", tag="function_call"):
    """A function to call, its arguments as JSON in a text."""

    id: str
    call_id: str
    name: str
    arguments: str
    status: str = "completed"


class CustomCallItem(Struct, tag_field="type", tag="custom_tool_call"):
    """A tool to call with a text."""

    id: str
    call_id: str
    name: str
    input: str
    status: str = "completed"


class Refusal(Struct, tag_field="type", tag="refusal"):
    """Why there is no answer."""

    refusal: str


class MessageItem(Struct, tag_field="type", tag="message"):
    """What the assistant says."""

    id: str
    content: list[Refusal]
    role: str = "assistant"
    status: str = "completed"


OutputItem = FunctionCallItem | CustomCallItem | MessageItem


class ResponseUsage(Struct):
    """No tokens: none are counted."""

    input_tokens: int = 0
    input_tokens_details: dict[str, int] = field(default_factory=lambda: {"cached_tokens": 0})
    output_tokens: int = 0
    output_tokens_details: dict[str, int] = field(default_factory=lambda: {"reasoning_tokens": 0})
    total_tokens: int = 0


class ResponseAnswer(EchoedSettings, kw_only=True):
    """A response, and under `cueline` the whole decision."""

    id: str
    created_at: int
    model: str
    output: list[OutputItem]
    parallel_tool_calls: bool
    tool_choice: Any
    tools: list[dict[str, Any]]
    previous_response_id: str | None
    store: bool
    cueline: AgentDecision
    object: Literal["response"] = "response"
    status: str = "completed"
    error: None = None
    incomplete_details: None = None
    usage: ResponseUsage = field(default_factory=ResponseUsage)


def response_answer(id: str, request: ResponseRequest, local: LocalAnswer) -> ResponseAnswer:
    """The response with the name `id`; the request's settings are said again in it."""
    return ResponseAnswer(
        id=id,
        created_at=int(time.time()),
        model=local.policy,
        output=list(_output(local, id)),
        parallel_tool_calls=request.parallel_tool_calls is not False,
        tool_choice=request.tool_choice or "auto",
        tools=request.tools or [],
        previous_response_id=request.previous_response_id,
        store=request.store is not False,
        cueline=local.decision,
        **{name: getattr(request, name) for name in EchoedSettings.__struct_fields__},
    )


def _output(local: LocalAnswer, id: str) -> Iterator[OutputItem]:
    if not local.calls:
        yield MessageItem(f"msg_{id.removeprefix('resp_')}", [Refusal(local.refusal)])
    for call in local.calls:
        yield _item(call)


def _item(call: AgentCall) -> FunctionCallItem | CustomCallItem:
    id, call_id, name = f"fc_{call.id}", f"call_{call.id}", call.tool.name
    if call.tool.kind == "custom":
        return CustomCallItem(f"ctc_{call.id}", call_id, name, call.arguments["input"])
    return FunctionCallItem(id, call_id, name, _json(call.arguments))


def _json(arguments: Mapping[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()


def _read(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """What happens in an item, whose unknown keys do not matter."""
    return item_events({key: item[key] for key in item if key in KNOWN}, place, account)
