"""A dialogue walked through the layers of the policy, and its last decision explained."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.state_replay import per_turn
from cueline.server.errors import PolicyRefusedError
from cueline.server.routing import Operation, Routes, as_json, body, service
from cueline.web.memory_probe import shapes
from cueline.web.schemas.reading import ExplainedTurn
from cueline.web.schemas.shapes import ShapesAnswer, ShapesRequest
from cueline.web.turn_explanation import explained

routes = Routes("page")

_asked: msgspec.json.Decoder[ShapesRequest] = msgspec.json.Decoder(ShapesRequest)


@routes.post("/v1/shapes", Operation(ShapesAnswer, scope="act", takes=ShapesRequest))
async def walk(request: Request) -> Response:
    """Array shapes, and what each turn still knows of the earlier ones. Nothing is kept."""
    to, asked = service(request), body(request, _asked)
    for turn in asked.turns:
        to.limits.check(turn)
    policy = to.policy
    return as_json(await asyncio.to_thread(shapes, policy, asked.turns))


@routes.post(
    "/v1/explain", Operation(ExplainedTurn, scope="act", takes=ShapesRequest, problems=(409,))
)
async def explain(request: Request) -> Response:
    """Why the last of the turns is decided as it is. Nothing is kept."""
    to, asked = service(request), body(request, _asked)
    for turn in asked.turns:
        to.limits.check(turn)
    policy = to.policy
    if not per_turn(policy):
        raise PolicyRefusedError("the policy labels whole dialogues; a turn of it has no decision")
    return as_json(await asyncio.to_thread(explained, policy, asked.turns))
