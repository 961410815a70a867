"""Server-sent events: a dialogue's events as they are stored, those so far first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cueline.server.domain.sessions import Sessions
from cueline.server.domain.subscriptions import Seen
from cueline.server.routing import DIALOGUE, EVENTS, Operation, Parameter, Routes, service

routes = Routes("dialogues")

LAST = Parameter(
    "last-event-id",
    "header",
    r"^[0-9]{0,9}$",
    "The event after which to begin; a browser sends it.",
)
POLL = 2.0
"""Seconds after which a watcher looks into the store itself: another process may have written."""


@routes.get(
    "/v1/dialogues/{dialogue}/events",
    Operation(
        Any,
        media=(EVENTS,),
        problems=(404, 409),
        scope="read",
        parameters=(DIALOGUE, LAST),
    ),
)
async def watch(request: Request) -> Response:
    """The dialogue's events as a stream that goes on; `Last-Event-ID` says where to begin."""
    sessions, dialogue = service(request).sessions, DIALOGUE.of(request)
    start = int(LAST.of(request) or -1) + 1
    await sessions.events(dialogue)
    return StreamingResponse(
        _stream(sessions, dialogue, start),
        media_type=EVENTS,
        headers={"Cache-Control": "no-store"},
    )


async def _stream(sessions: Sessions, dialogue: str, start: int) -> AsyncIterator[bytes]:
    with sessions.watchers.watch(dialogue) as queue:
        seen: Seen = (start, b"")
        while seen is not None:
            # The store has them all, in order and once; the queue only says that there are more.
            for event in await sessions.store.events(dialogue, start):
                yield f"id: {start}\ndata: ".encode() + event + b"\n\n"
                start += 1
            try:
                seen = await asyncio.wait_for(queue.get(), POLL)
            except TimeoutError:
                if not await sessions.store.events(dialogue, start - 1):
                    return  # erased by another process
                yield b": still here\n\n"
