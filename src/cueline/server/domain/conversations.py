"""Answers that later requests go on from: events of a dialogue of the store, like any other."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any, NamedTuple

from cueline.server.domain.sessions import Sessions
from cueline.server.errors import (
    CapacityError,
    DialogueNotFoundError,
    ResponseNotFoundError,
)
from cueline.server.events import Responded

_ID = re.compile(r"resp_([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{16})")
"""The dialogue, and which of its answers."""


class AgentConversation(NamedTuple):
    """A dialogue with an agent up to one of its answers; without a dialogue it is yet to begin."""

    dialogue: str | None
    items: list[dict[str, Any]]
    """All that was said and done, in order."""


NEW = AgentConversation(None, [])


async def conversation(sessions: Sessions, response: str) -> AgentConversation:
    """The conversation up to `response`. Raises `ResponseNotFoundError`."""
    dialogue, answers = await _answers(sessions, response)
    if len(answers) >= sessions.limits.turns:
        raise CapacityError(f"the conversation has {len(answers)} answers, as many as it may")
    items: list[dict[str, Any]] = []
    at: str | None = response
    while at is not None:
        items[:0] = [*answers[at].heard, *answers[at].answer["output"]]
        at = answers[at].after
    return AgentConversation(dialogue, items)


async def response(sessions: Sessions, id: str) -> dict[str, Any]:
    """The answer with that name, as it was sent. Raises `ResponseNotFoundError`."""
    return (await _answers(sessions, id))[1][id].answer


async def erase(sessions: Sessions, id: str) -> None:
    """Erase the whole conversation that the answer is in. Raises `ResponseNotFoundError`."""
    dialogue, _ = await _answers(sessions, id)
    await sessions.erase(dialogue)


async def begin(sessions: Sessions, before: AgentConversation, user: str | None) -> str:
    """A name for the next answer, whose dialogue is opened if it is the first."""
    dialogue = before.dialogue or await sessions.open(user)
    return f"resp_{dialogue}{secrets.token_urlsafe(12)}"


def unkept() -> str:
    """A name for an answer that nobody can go on from."""
    return f"resp_{secrets.token_urlsafe(12)}"


async def keep(
    sessions: Sessions, heard: list[dict[str, Any]], answer: dict[str, Any], after: str | None
) -> None:
    """Store an answer under its name."""
    event = Responded(time.time(), answer["id"], heard, answer, after)
    await sessions.add(_dialogue(answer["id"]), event)


async def _answers(sessions: Sessions, id: str) -> tuple[str, dict[str, Responded]]:
    """The dialogue of an answer, and its answers by name."""
    dialogue = _dialogue(id)
    try:
        events = await sessions.events(dialogue)
    except DialogueNotFoundError:
        raise ResponseNotFoundError(id) from None
    answers = {event.id: event for event in events if isinstance(event, Responded)}
    if id not in answers:
        raise ResponseNotFoundError(id)
    return dialogue, answers


def _dialogue(id: str) -> str:
    found = _ID.fullmatch(id)
    if found is None:
        raise ResponseNotFoundError(id)
    return found[1]
