"""OpenAI's chat completions: messages and tools in, tool calls out; nothing is kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import KNOWN, message_events
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.tools import platform_name
from cueline.dialogue import Name
from cueline.errors import Place
from cueline.server.protocols.agent import (
    AgentCall,
    AgentDecision,
    AgentRequest,
    AgentTool,
    LocalAnswer,
)
from cueline.server.protocols.history import history
from cueline.server.protocols.tool_use import ToolUse, agent_request


class ChatFunction(Struct):
    """A function: its name, and the JSON schema of its arguments."""

    name: Name
    parameters: dict[str, Any] | None = None


class ChatCustom(Struct):
    """A tool that takes a text, by its name."""

    name: Name


class ChatTool(Struct):
    """A tool that may be called; some kinds have no name."""

    type: str = "function"
    function: ChatFunction | None = None
    custom: ChatCustom | None = None
    name: Name | None = None

    def agent_tool(self) -> AgentTool:
        """The tool, whatever protocol defines it."""
        if self.function is not None:
            return AgentTool.function(self.function.name, self.function.parameters)
        if self.custom is not None:
            return AgentTool(self.custom.name, "custom")
        return AgentTool(self.name or platform_name(self.type), "platform")


class ChatNamed(Struct):
    """A function or a custom tool, by its name."""

    function: ChatCustom | None = None
    custom: ChatCustom | None = None

    def __post_init__(self) -> None:
        """Check that it names one."""
        _ = self.name

    @property
    def name(self) -> str:
        """Its name."""
        named = self.function or self.custom
        if named is None:
            raise ValueError("choose a tool as {'type': 'function', 'function': {'name': ...}}")
        return named.name


class ChatAllowed(Struct):
    """The tools that may be called, and whether one must be."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[ChatNamed], Meta(min_length=1)]


class ChatChoice(ChatNamed):
    """One tool that must be called, or those that may be."""

    allowed_tools: ChatAllowed | None = None

    def __post_init__(self) -> None:
        """Check that it names some."""
        if self.allowed_tools is None:
            super().__post_init__()

    def use(self) -> tuple[Literal["auto", "required"], tuple[str, ...]]:
        """Whether a call must be, and of which tools it may."""
        if self.allowed_tools is not None:
            names = dict.fromkeys(tool.name for tool in self.allowed_tools.tools)
            return self.allowed_tools.mode, tuple(names)
        return "required", (self.name,)


class StreamOptions(Struct):
    """What else a stream should hold."""

    include_usage: bool | None = None


class ChatRequest(Struct):
    """As OpenAI's API has it, as far as it matters here; what else is in it is not looked at."""

    messages: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    model: str = ""
    tools: list[ChatTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ChatChoice | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    store: bool | None = None
    user: Any = None

    def agent_request(self) -> AgentRequest:
        """What is asked. Raises `CorpusError` and `RequestError`."""
        turns, unread = history(self.messages, "$.messages", _read)
        return agent_request(turns, unread, self._tools(), self._use())

    def _tools(self) -> Iterator[AgentTool]:
        return (tool.agent_tool() for tool in self.tools or ())

    def _use(self) -> ToolUse:
        parallel = self.parallel_tool_calls is not False
        if isinstance(self.tool_choice, ChatChoice):
            return ToolUse(*self.tool_choice.use(), parallel=parallel)
        return ToolUse(self.tool_choice or "auto", parallel=parallel)


class FunctionCall(Struct):
    """A function and its arguments, as JSON in a text."""

    name: str
    arguments: str


class CustomCall(Struct):
    """A custom tool and the text that it is given."""

    name: str
    input: str


class ToolCall(Struct, omit_defaults=True):
    """A tool to call."""

    id: str
    type: str
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class ChatMessage(Struct, omit_defaults=True):
    """What the assistant does."""

    role: str
    content: str | None
    refusal: str | None
    tool_calls: list[ToolCall] | None = None


class Choice(Struct):
    """The decision."""

    index: int
    message: ChatMessage
    finish_reason: Literal["tool_calls", "stop"]
    logprobs: None = None


class Usage(Struct, frozen=True):
    """No tokens: none are counted."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class ChatAnswer(Struct):
    """A chat completion, and under `cueline` the whole decision."""

    id: str
    created: int
    model: str
    choices: list[Choice]
    cueline: AgentDecision
    object: Literal["chat.completion"] = "chat.completion"
    usage: Usage = Usage()


def chat_answer(request: ChatRequest, local: LocalAnswer) -> ChatAnswer:
    """The completion: as many choices as were asked for, all of them the same decision."""
    return ChatAnswer(
        id=f"chatcmpl-{secrets.token_urlsafe(12)}",
        created=int(time.time()),
        model=local.policy,
        choices=[_choice(index, local) for index in range(request.n or 1)],
        cueline=local.decision,
    )


def chunks(request: ChatRequest, answer: ChatAnswer) -> Iterator[dict[str, Any]]:
    """The completion as the parts of a stream: who speaks, each call, why it ends, the tokens."""
    options = request.stream_options
    counted = options is not None and options.include_usage is True
    head = {
        "id": answer.id,
        "created": answer.created,
        "model": answer.model,
        "object": "chat.completion.chunk",
    }
    no_usage = {"usage": None} if counted else {}
    for choice in answer.choices:
        for delta in _deltas(choice.message):
            one = {"index": choice.index, "delta": delta, "finish_reason": None}
            yield head | {"choices": [one]} | no_usage
        last = {"index": choice.index, "delta": {}, "finish_reason": choice.finish_reason}
        yield head | {"choices": [last], "cueline": answer.cueline} | no_usage
    if counted:
        yield head | {"choices": [], "usage": answer.usage}


def _choice(index: int, local: LocalAnswer) -> Choice:
    if not local.calls:
        return Choice(index, ChatMessage("assistant", None, local.refusal), "stop")
    calls = [_call(call, index) for call in local.calls]
    return Choice(index, ChatMessage("assistant", None, None, calls), "tool_calls")


def _call(call: AgentCall, choice: int) -> ToolCall:
    id, name = f"call_{call.id}{choice or ''}", call.tool.name
    if call.tool.kind == "custom":
        return ToolCall(id, "custom", custom=CustomCall(name, call.arguments["input"]))
    arguments = msgspec.json.encode(call.arguments).decode()
    return ToolCall(id, "function", FunctionCall(name, arguments))


def _deltas(message: ChatMessage) -> Iterator[dict[str, Any]]:
    """What a stream adds to the message, one after the other: of a call its name comes first."""
    yield {"role": message.role, "content": message.content, "refusal": message.refusal}
    for index, call in enumerate(message.tool_calls or ()):
        key, value = ("custom", "input") if call.custom else ("function", "arguments")
        said = msgspec.to_builtins(call.custom or call.function)
        begun = {"index": index, "id": call.id, "type": call.type, key: said | {value: ""}}
        yield {"tool_calls": [begun]}
        yield {"tool_calls": [{"index": index, key: {value: said[value]}}]}


def _read(message: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """What happens in a message, whose unknown keys do not matter."""
    return message_events({key: message[key] for key in message if key in KNOWN}, place, account)
