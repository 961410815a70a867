"""Load, swap, shadow and roll back policies while dialogues go on."""

from __future__ import annotations

import logging

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.errors import PolicyError
from cueline.server.domain.policies import Policies
from cueline.server.domain.retraining import TOPIC
from cueline.server.errors import RequestError
from cueline.server.routing import Link, Operation, Routes, as_json, body, service
from cueline.server.schemas import (
    GateAnswer,
    PoliciesAnswer,
    PolicyRequest,
    ShadowRequest,
    SwapRequest,
)

routes = Routes("policies")
log = logging.getLogger("cueline.server")

_load: msgspec.json.Decoder[PolicyRequest] = msgspec.json.Decoder(PolicyRequest)
_swap: msgspec.json.Decoder[SwapRequest] = msgspec.json.Decoder(SwapRequest)
_shadow: msgspec.json.Decoder[ShadowRequest] = msgspec.json.Decoder(ShadowRequest)


def _next(policy: str) -> tuple[Link, ...]:
    """What may be done with the policy that the expression `policy` names."""
    named = {"policy": policy}
    return tuple(Link(f"PUT /v1/policies/{place}", body=named) for place in ("current", "shadow"))


@routes.get(
    "/v1/policies",
    Operation(PoliciesAnswer, scope="admin", links=_next("$response.body#/loaded/0")),
)
async def loaded(request: Request) -> Response:
    """The policies that are loaded."""
    return _answer(service(request).policies)


@routes.post(
    "/v1/policies",
    Operation(
        GateAnswer,
        scope="admin",
        takes=PolicyRequest,
        status=201,
        problems=(404, 409),
        links=_next("$response.body#/policy"),
    ),
)
async def load(request: Request) -> Response:
    """Load a policy from the folder of policies; it passes the gate, and decides nothing yet."""
    to = service(request)
    name = (body(request, _load)).name
    if to.library is None or not (to.library / name).is_dir():
        raise RequestError(404, f"no policy {name!r} in the folder of policies")
    try:
        return as_json(await to.admit(to.library / name), 201)
    except PolicyError as error:
        log.error("%s", error)
        raise RequestError(
            409, f"policy {name!r} cannot be loaded; the server's log says why"
        ) from None


@routes.put(
    "/v1/policies/current",
    Operation(PoliciesAnswer, scope="admin", takes=SwapRequest, problems=(409,)),
)
async def swap(request: Request) -> Response:
    """Give new dialogues another policy; with `replay`, live ones too, each at its next turn."""
    wanted = body(request, _swap)
    to = service(request)
    to.policies.swap(wanted.policy, wanted.replay)
    to.sessions.watchers.publish(TOPIC, 0, b"")
    return _answer(to.policies)


@routes.put(
    "/v1/policies/shadow",
    Operation(PoliciesAnswer, scope="admin", takes=ShadowRequest, problems=(409,)),
)
async def shadow(request: Request) -> Response:
    """Have a policy decide beside the one that answers; what it would have done is stored."""
    policies = service(request).policies
    policies.set_shadow((body(request, _shadow)).policy)
    return _answer(policies)


@routes.post("/v1/policies/rollback", Operation(PoliciesAnswer, scope="admin", problems=(409,)))
async def roll_back(request: Request) -> Response:
    """Undo the last swap."""
    to = service(request)
    to.policies.roll_back()
    to.sessions.watchers.publish(TOPIC, 0, b"")
    return _answer(to.policies)


def _answer(policies: Policies) -> Response:
    return as_json(
        PoliciesAnswer(policies.current, policies.previous, policies.shadow, list(policies.loaded))
    )
