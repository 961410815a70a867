"""OpenAI's chat completions: messages and tools in, tool calls out; nothing is kept."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import message_events
from cueline.corpus.transcripts.closed_world import inner
from cueline.corpus.transcripts.events import Event, SystemSaid
from cueline.corpus.transcripts.turns import RESPOND, turns_of
from cueline.dialogue import Name, Turn
from cueline.errors import Place
from cueline.policy import Decision, Policy
from cueline.server.upstream.own_answer import MadeCall

UNSURE = "I would not decide this: no decision is sure enough. Ask someone, or another model."
_SHARE = 16


class NamedFunction(Struct):
    """A function by its name."""

    name: Name


class ToolChoice(Struct):
    """The one tool that may be called."""

    function: NamedFunction


class Tool(Struct):
    """A tool that may be called; some kinds have no name."""

    function: NamedFunction | None = None
    name: str | None = None


class ChatRequest(Struct):
    """As OpenAI's API has it, as far as it matters here; what else is in it is not looked at."""

    messages: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    model: str = ""
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None

    def turns(self) -> list[Turn]:
        """The turns so far, and the one that is to come; raises `CorpusError`."""
        place, account, events = Place("request", path="$.messages"), Account(), list[Event]()
        for number, message in enumerate(self.messages):
            events += message_events(message, inner(place, number), account)
        return turns_of([*events, SystemSaid("")]).turns

    def available(self) -> list[str] | None:
        """The actions allowed, by `tools` and `tool_choice`; None if all are."""
        names = [tool.function.name if tool.function else tool.name for tool in self.tools or ()]
        offered = None if self.tools is None else [name for name in names if name]
        match self.tool_choice:
            case ToolChoice(function):
                return [function.name]
            case "none":
                return [RESPOND]
            case "required":
                return offered
            case _:
                return None if offered is None else [*offered, RESPOND]


class FunctionCall(Struct):
    """A tool and its arguments, as JSON in a text."""

    name: str
    arguments: str


class ToolCall(Struct):
    """A tool to call."""

    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


class ChatMessage(Struct, omit_defaults=True):
    """What the assistant does."""

    content: str | None
    refusal: str | None
    tool_calls: list[ToolCall] | None = None
    role: Literal["assistant"] = "assistant"


class Choice(Struct):
    """The decision."""

    message: ChatMessage
    finish_reason: Literal["tool_calls", "stop"]
    index: int = 0
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
    cueline: Decision
    object: Literal["chat.completion"] = "chat.completion"
    usage: Usage = Usage()

    @property
    def calls(self) -> list[MadeCall]:
        """Its calls, if they are all of the answer; an action without a tool needs words."""
        calls = self.choices[0].message.tool_calls or []
        if RESPOND in self.cueline.actions:
            return []
        return [
            MadeCall(one.function.name, msgspec.json.decode(one.function.arguments))
            for one in calls
        ]


async def complete(policy: Policy, request: ChatRequest) -> ChatAnswer:
    """What `policy` does after the messages."""
    *past, last = request.turns()
    state = policy.start()
    for count, turn in enumerate(past, start=1):
        _, state = policy.act(turn, state)
        if count % _SHARE == 0:
            await asyncio.sleep(0)
    available = request.available()
    turn = replace(
        last,
        actions=None,
        arguments={},
        available=None if available is None else tuple(available),
    )
    decision, _ = policy.act(turn, state)
    return ChatAnswer(
        id=f"chatcmpl-{secrets.token_urlsafe(12)}",
        created=int(time.time()),
        model=policy.hash,
        choices=[_choice(decision, request.parallel_tool_calls is not False)],
        cueline=decision,
    )


def _choice(decision: Decision, parallel: bool) -> Choice:
    if not decision.sure:
        return Choice(ChatMessage(None, UNSURE), "stop")
    tools = [name for name in decision.actions if name != RESPOND]
    if not parallel:
        tools = sorted(tools, key=lambda name: -decision.probabilities[name])[:1]
    if not tools:
        return Choice(ChatMessage("", None), "stop")
    calls = [
        ToolCall(f"call_{secrets.token_urlsafe(12)}", FunctionCall(name, _json(arguments)))
        for name in tools
        for arguments in decision.arguments.get(name, ({},))
    ]
    return Choice(ChatMessage(None, None, calls), "tool_calls")


def _json(arguments: Mapping[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()


def chunk(answer: ChatAnswer) -> dict[str, Any]:
    """The whole answer as one chunk of a stream."""
    choice = answer.choices[0]
    calls = [
        {"index": index, "id": call.id, "type": call.type, "function": call.function}
        for index, call in enumerate(choice.message.tool_calls or ())
    ]
    delta: dict[str, Any] = {
        "role": "assistant",
        "content": choice.message.content,
        "refusal": choice.message.refusal,
    }
    if calls:
        delta["tool_calls"] = calls
    return {
        "id": answer.id,
        "created": answer.created,
        "model": answer.model,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": choice.finish_reason}],
        "cueline": answer.cueline,
    }
