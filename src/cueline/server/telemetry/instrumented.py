"""The parts of a server, each telling what it does."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp

from cueline.policy import Policy
from cueline.server.app import application
from cueline.server.domain.sessions import Sessions, StepResult
from cueline.server.protocols.agent import AgentAnswers, AgentRequest, LocalAnswer
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.telemetry.counters import mirror
from cueline.server.telemetry.parts import Parts
from cueline.server.telemetry.requests import Requests
from cueline.server.telemetry.telemetry import Decided, Telemetry


def instrumented(telemetry: Telemetry) -> Parts:
    """Parts that tell `telemetry` of requests, decisions and counts."""

    def sessions(*arguments: Any, **named: Any) -> TracedSessions:
        return TracedSessions(telemetry, *arguments, **named)

    def traced(service: Service) -> ASGIApp:
        mirror(service.metrics, telemetry.meter)
        return Requests(application(service), telemetry)

    return Parts(sessions, TracedAnswers(telemetry), traced)


class TracedSessions(Sessions):
    """Sessions that tell of every turn."""

    def __init__(self, telemetry: Telemetry, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._telemetry = telemetry

    async def step(self, dialogue: str, request: StepRequest, key: str | None = None) -> StepResult:
        """Decide the next turn, as any session does."""
        with self._telemetry.deciding(dialogue) as decided:
            result = await super().step(dialogue, request, key)
            event = result.event
            decided(Decided(event.policy, event.decision, event.turn, result.repeated))
            return result


class TracedAnswers:
    """Answers to agents that tell of every one."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry, self._answers = telemetry, AgentAnswers()

    async def __call__(self, policy: Policy, request: AgentRequest) -> LocalAnswer:
        """What `policy` does at the turn that is asked about."""
        with self._telemetry.deciding() as decided:
            local = await self._answers(policy, request)
            decided(Decided(local.policy, local.decision, called=bool(local.calls)))
            return local
