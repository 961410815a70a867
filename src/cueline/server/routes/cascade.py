"""The models there are, and who of them answers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.errors import RequestError
from cueline.server.routes.judge import POLICY
from cueline.server.routing import Operation, Routes, as_json, service
from cueline.server.upstream.models import ModelsAnswer, models
from cueline.server.upstream.standing import CascadeAnswer, standing

routes = Routes("chat")


@routes.get(
    "/v1/cascade", Operation(CascadeAnswer, scope="read", parameters=(POLICY,), problems=(404, 409))
)
async def cascade(request: Request) -> Response:
    """Who answers agents, and how the promise of a policy stands."""
    to = service(request)
    if to.cascade is None:
        raise RequestError(404, "there is no upstream: serve with --upstream URL")
    policy = to.policies[POLICY.of(request) or to.policies.current]
    return as_json(await standing(to.cascade, policy))


@routes.get("/v1/models", Operation(ModelsAnswer, scope="act"))
async def list_models(request: Request) -> Response:
    """The policy, and what the upstream has; only the policy while that does not answer."""
    to = service(request)
    return as_json(await models(to.cascade, to.policies.current))
