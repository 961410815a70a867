"""What a server is put together from; nothing in here knows of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.types import ASGIApp

from cueline.policy import Policy
from cueline.server.app import application
from cueline.server.domain.sessions import Sessions
from cueline.server.protocols.agent import AgentAnswers, AgentRequest, LocalAnswer
from cueline.server.service import Service


class Parts(NamedTuple):
    """Those that tell nobody, unless others are given."""

    sessions: Callable[..., Sessions] = Sessions
    answer: Callable[[Policy, AgentRequest], Awaitable[LocalAnswer]] = AgentAnswers()
    application: Callable[[Service], ASGIApp] = application
