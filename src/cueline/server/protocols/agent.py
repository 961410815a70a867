"""What an agent asks, whatever protocol it speaks, and what it is answered here.

Only calls are an answer: sure, of tools that it offered, with arguments that fit their schemas.
Everything else is an abstention, since the words of an answer are for a model to write.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, structs
from starlette.responses import Response

from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Turn
from cueline.json_schemas import fits
from cueline.policy import Decision, Policy
from cueline.server.errors import RequestError
from cueline.server.protocols.state_cache import StateCache
from cueline.server.schemas import USER
from cueline.server.upstream.own_answer import MadeCall, OwnAnswer

Abstention = Literal[
    "unread", "unsure", "arguments", "words", "nothing", "not_offered", "not_callable"
]
"""Why a turn is not answered here."""
SENTENCES: dict[Abstention, str] = {
    "unread": "I would not decide this: part of the turn is nothing that I read.",
    "unsure": "I would not decide this: no decision is sure enough.",
    "arguments": "I would not decide this: I am not sure of the arguments of the call.",
    "words": "I would answer in words here, and I do not write any.",
    "nothing": "I would neither call a tool nor say anything here.",
    "not_offered": "I would call a tool here that was not offered.",
    "not_callable": "I would call a tool here that only a server can call.",
}
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "additionalProperties": False}
"""The schema of a function that is defined without one."""
ASK = "Ask someone, or another model."


class AgentTool(Struct, frozen=True):
    """A tool that may be called.

    One that is `custom` takes a text; one of the `platform` its server calls; a `server` has tools
    that the request does not name.
    """

    name: str
    kind: Literal["function", "custom", "platform", "server"] = "function"
    schema: Any = None
    """The JSON schema of its arguments; None where any will do."""

    @classmethod
    def function(cls, name: str, parameters: dict[str, Any] | None) -> AgentTool:
        """A function; one that is defined without parameters takes none."""
        return cls(name, schema=NO_ARGUMENTS if parameters is None else parameters)


class AgentRequest(Struct, frozen=True, kw_only=True):
    """What an agent asks: what to do after the turns so far."""

    past: tuple[Turn, ...]
    turn: Turn
    """The one that is to come; `available` holds what may be done at it."""
    tools: Mapping[str, AgentTool]
    required: bool = False
    """Whether nothing but a call will do."""
    parallel: bool = True
    """Whether there may be more than one call."""
    unread: bool = False
    """Whether the turn has parts that are not read, such as an image."""


class AgentDecision(Decision, frozen=True, kw_only=True):
    """What the policy decides, and why that is not the answer, if it is not."""

    abstained: Abstention | None = None


class AgentCall(Struct, frozen=True):
    """A call of a tool."""

    tool: AgentTool
    arguments: Mapping[str, Any]
    id: str
    """A name that is new, without the prefix that a protocol gives it."""


class LocalAnswer(Struct, frozen=True):
    """The calls that are the answer; none where the turn is not answered here."""

    request: AgentRequest
    policy: str
    """Its hash."""
    decision: AgentDecision
    decided: Decision
    """The same as the policy made it, whatever the request allows."""
    calls: tuple[AgentCall, ...] = ()

    @property
    def refusal(self) -> str:
        """Why there is no answer, in words."""
        assert self.decision.abstained is not None
        return f"{SENTENCES[self.decision.abstained]} {ASK}"

    def own(
        self,
        respond: Callable[[], Awaitable[Response]],
        keep: bool = True,
        user: str | None = None,
    ) -> OwnAnswer:
        """The same beside an upstream, of which `respond` makes the response."""
        calls = [MadeCall(call.tool.name, call.arguments) for call in self.calls]
        turns = (*self.request.past, self.request.turn)
        return OwnAnswer(
            respond, self.decision, self.decided, self.policy, calls, turns, keep, user
        )

    def checked(self) -> LocalAnswer:
        """Itself. Raises `RequestError` where a call must come and none is sure: an answer without
        one would pass for one."""
        if self.request.required and not self.calls:
            raise RequestError(422, f"tool_choice: a call is required. {self.refusal}")
        return self


def user_of(said: Any) -> str | None:
    """Whose dialogue it is, where a request says it such as can stand in a path."""
    return said if isinstance(said, str) and re.fullmatch(USER, said) else None


class AgentAnswers:
    """Has policies answer agents; a dialogue that goes on is not gone through again."""

    def __init__(self) -> None:
        self._states = StateCache()

    async def __call__(self, policy: Policy, request: AgentRequest) -> LocalAnswer:
        """What `policy` does at the turn that is to come."""
        state = await self._states.after(policy, request.past)
        decision, _ = policy.act(request.turn, state)
        return local_answer(policy.hash, decision, request)


def local_answer(policy: str, decision: Decision, request: AgentRequest) -> LocalAnswer:
    """What `request` is answered where `policy` has come to `decision`."""
    made, why = decision, _abstention(decision, request)
    calls = () if why else _calls(decision, request)
    if not all(map(_is_valid, calls)):
        why, calls = "arguments", ()
        decision = structs.replace(decision, sure=False, reason="arguments")
    decided = AgentDecision(**structs.asdict(decision), abstained=why)
    return LocalAnswer(request, policy, decided, made, calls)


def _abstention(decision: Decision, request: AgentRequest) -> Abstention | None:
    """Why there are no calls to answer with; None if there are some."""
    if request.unread:
        return "unread"
    if not decision.sure:
        return "arguments" if decision.reason == "arguments" else "unsure"
    if RESPOND in decision.actions:
        return "words"
    if not decision.actions:
        return "nothing"
    if not request.tools.keys() >= set(decision.actions):
        return "not_offered"
    if any(request.tools[name].kind in ("platform", "server") for name in decision.actions):
        return "not_callable"
    return None


def _calls(decision: Decision, request: AgentRequest) -> tuple[AgentCall, ...]:
    """The calls decided on; where there may be one alone, the likeliest."""
    names = decision.actions
    if not request.parallel:
        names = tuple(sorted(names, key=lambda name: -decision.probabilities[name]))
    calls = [
        AgentCall(request.tools[name], arguments, secrets.token_urlsafe(12))
        for name in names
        for arguments in decision.arguments.get(name, ({},))
    ]
    return tuple(calls if request.parallel else calls[:1])


def _is_valid(call: AgentCall) -> bool:
    if call.tool.kind == "custom":
        return call.arguments.keys() == {"input"} and isinstance(call.arguments["input"], str)
    return fits(call.arguments, call.tool.schema)
