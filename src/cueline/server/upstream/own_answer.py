"""What would be answered here, in whatever protocol it was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from cueline.dialogue import Turn
from cueline.policy import Decision


class MadeCall(NamedTuple):
    """A tool that is called, and with what."""

    name: str
    arguments: Mapping[str, Any]


class OwnAnswer(NamedTuple):
    """The answer to a request, made by the policy alone."""

    respond: Callable[[], Awaitable[Response]]
    """Makes the response that the caller gets, and keeps what is to be kept of it; may refuse."""
    decision: Decision
    decided: Decision
    """The same before the request had its say: as the policy decides it, any time."""
    policy: str
    """The hash of the policy that decided."""
    calls: Sequence[MadeCall]
    """The calls that are the answer: sure, offered, with arguments that fit; none where the turn is
    not answered here, be it that it needs words."""
    turns: Sequence[Turn]
    """The turns so far, and the one decided at, without its actions."""
    keep: bool = True
    """Whether the caller lets the turn be stored."""
    user: str | None = None
    """Whose dialogue it is, in the caller's own words."""


Here = Callable[[], Awaitable[OwnAnswer]]
"""Has the policy answer, if the request can be read: else it raises `CuelineError`."""
