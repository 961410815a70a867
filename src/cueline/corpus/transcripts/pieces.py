"""A piece of a dialogue: what one record of a file tells of it.

Most files hold a dialogue a record, which is one piece. Logs repeat: each line tells the
dialogue so far, a response names the one before, spans come in any order. `Threads` joins them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from cueline.corpus.transcripts.events import Event, ToolsOffered
from cueline.errors import Place

LOG = 100
"""How far a record of a log of requests looks back: dialogues are interleaved there."""


class TraceSpan(Struct, frozen=True, kw_only=True):
    """Where in a trace a piece stands, if it is a span of one."""

    trace: str
    id: str | None = None
    parent: str | None = None
    agent: str | None = None
    """Whose dialogue it is, where a trace holds several."""
    wraps: bool = False
    """Whether it only tells again what the spans within it tell, as the span of an agent does."""
    partial: bool = False
    """Whether it tells one message of its span, as a record of a log does."""
    adds: bool = False
    """Whether it may go on from its conversation without telling any of it again."""


class Piece(Struct, kw_only=True):
    """What one record tells of a dialogue; without `thread`, `after` and `repeats` it is all."""

    events: list[Event]
    place: Place
    offered: ToolsOffered | None = None
    """The tools that could be called here; None where the record does not say."""
    thread: str | None = None
    """The conversation, session or trace; pieces of one thread are one dialogue."""
    start: float | None = None
    """When it began; pieces of a thread come in this order, else in that of the file."""
    repeats: bool = False
    """Whether it may begin by repeating what earlier pieces say, as a log of requests does."""
    looks_back: int = 1
    """Without a thread: among how many records before it the one may be that it repeats."""
    name: str | None = None
    """What later pieces call this one, such as the id of a response."""
    after: str | None = None
    """The name of the piece that this one goes on from."""
    span: TraceSpan | None = None
    id: str | None = None
    """The dialogue's identifier; without one it is its thread, or the file and a number."""
    meta: dict[str, Any] = {}
    """What else is known of the dialogue: single values by name."""


def moment(value: Any) -> float | None:
    """A time as a number, of a number, digits or ISO 8601; None where it is no time.

    The unit is that of the number, or seconds of an ISO time; compare only what one key holds.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp()
