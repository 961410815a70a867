"""Train again on what was corrected, and watch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cueline.server.domain.retraining import TOPIC, Retraining
from cueline.server.domain.subscriptions import Seen, Watchers
from cueline.server.errors import PolicyRefusedError
from cueline.server.routes.dialogues import KEY
from cueline.server.routing import EVENTS, Operation, Routes, as_json, author_of, body, service
from cueline.server.schemas import TrainingAnswer, TrainingJob, TrainingRequest

routes = Routes("policies")

POLL = 2.0
"""Seconds after which a watcher looks at the folder itself: another server may train too."""

_start: msgspec.json.Decoder[TrainingRequest] = msgspec.json.Decoder(TrainingRequest)


@routes.get("/v1/training", Operation(TrainingAnswer, scope="admin"))
async def training(request: Request) -> Response:
    """Where the trainings stand, the latest first; those before the server started too."""
    teaching = service(request).teaching
    return as_json(TrainingAnswer() if teaching is None else teaching.answer())


@routes.post(
    "/v1/training",
    Operation(
        TrainingJob,
        scope="admin",
        parameters=(KEY,),
        takes=TrainingRequest,
        status=202,
        problems=(409,),
    ),
)
async def start(request: Request) -> Response:
    """Train the current policy further; with `serve`, new dialogues get it.

    It learns from the dialogues that someone corrected; with `since`, from all since then.

    It ends up in the folder of policies under `name`. Without `serve`, load it from there, past
    the gate. With an Idempotency-Key, a retry starts no second one.
    """
    wanted, to = body(request, _start), service(request)
    admit = to.admit if wanted.serve else None
    author = author_of(request, wanted.author)
    job = await _teaching(request).start(admit, author, KEY.of(request) or None, wanted.since)
    return as_json(job, 202)


@routes.delete("/v1/training", Operation(TrainingAnswer, scope="admin", problems=(409,)))
async def cancel(request: Request) -> Response:
    """End the training that is under way; nothing of it is kept."""
    teaching = _teaching(request)
    await teaching.cancel()
    return as_json(teaching.answer())


@routes.get(
    "/v1/training/events",
    Operation(Any, scope="admin", media=(EVENTS,), problems=(409,)),
)
async def watch(request: Request) -> Response:
    """Where the trainings stand, as `GET /v1/training` says it, now and whenever it changes."""
    stream = _stream(_teaching(request), service(request).sessions.watchers)
    return StreamingResponse(stream, media_type=EVENTS, headers={"Cache-Control": "no-store"})


async def _stream(teaching: Retraining, watchers: Watchers) -> AsyncIterator[bytes]:
    with watchers.watch(TOPIC) as queue:
        sent = b""
        news: Seen = (0, b"")
        while news is not None:
            answer = msgspec.json.encode(teaching.answer())
            yield b": still here\n\n" if answer == sent else b"data: " + answer + b"\n\n"
            sent = answer
            try:
                news = await asyncio.wait_for(queue.get(), POLL)
            except TimeoutError:
                news = (0, b"")


def _teaching(request: Request) -> Retraining:
    teaching = service(request).teaching
    if teaching is None:
        raise PolicyRefusedError("training is not allowed here; start with `cueline serve --teach`")
    return teaching
