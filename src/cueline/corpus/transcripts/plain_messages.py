"""Messages that hold nothing but words: most of them do, and are read without a closer look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cueline.corpus.transcripts.events import STEP_ENDED, Event, Result, SystemSaid, UserSaid

_MARKS = ("<", "[")
"""What calls, thoughts and results that are written into words begin with."""


def plain_events(
    message: Any, roles: Mapping[str, str], role_key: str, content_key: str
) -> tuple[Event, ...] | None:
    """What a message with words alone says; None for all others, which need a closer look."""
    if type(message) is not dict or len(message) > 3:
        return None
    role, content = message.get(role_key), message.get(content_key)
    if type(role) is not str or type(content) is not str or not content:
        return None
    known = roles.get(role)
    if known == "tool":
        id = message.get("tool_call_id")
        if len(message) != (2 if id is None else 3) or not isinstance(id, str | None):
            return None
        return None if content.startswith(_MARKS) else (Result(content, id),)
    if len(message) != 2 or "<" in content or "[" in content:
        return None
    if known == "user":
        return (UserSaid(content),)
    return (SystemSaid(content), STEP_ENDED) if known == "assistant" else None
