"""Train again on what was corrected, and watch it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cueline.server.domain.retraining import Retraining
from cueline.server.errors import PolicyRefusedError
from cueline.server.routing import EVENTS, Operation, Routes, as_json, body, service
from cueline.server.schemas import TrainingAnswer, TrainingRequest

routes = Routes("policies")

_start: msgspec.json.Decoder[TrainingRequest] = msgspec.json.Decoder(TrainingRequest)


@routes.get("/v1/training", Operation(TrainingAnswer, scope="admin"))
async def training(request: Request) -> Response:
    """Where the latest training stands."""
    teaching = service(request).teaching
    return as_json(TrainingAnswer() if teaching is None else teaching.answer)


@routes.post(
    "/v1/training",
    Operation(TrainingAnswer, scope="admin", takes=TrainingRequest, status=202, problems=(409,)),
)
async def start(request: Request) -> Response:
    """Train a policy like the current one on the corpus named at the start and the corrections.

    It ends up in the folder of policies under `name`; load it from there, past the gate.
    """
    body(request, _start)
    teaching = _teaching(request)
    await teaching.start()
    return as_json(teaching.answer, 202)


@routes.get(
    "/v1/training/events",
    Operation(Any, scope="admin", media=(EVENTS,), problems=(409,)),
)
async def watch(request: Request) -> Response:
    """What the latest training says, a line an event, until it is over."""
    return StreamingResponse(
        _stream(_teaching(request)),
        media_type=EVENTS,
        headers={"Cache-Control": "no-store"},
    )


async def _stream(teaching: Retraining) -> AsyncIterator[bytes]:
    async for line in teaching.lines():
        yield b"data: " + msgspec.json.encode(line) + b"\n\n"


def _teaching(request: Request) -> Retraining:
    teaching = service(request).teaching
    if teaching is None:
        raise PolicyRefusedError("training is not allowed here; start with `cueline serve --teach`")
    return teaching
