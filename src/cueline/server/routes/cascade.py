"""The models there are, and who of them answers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.errors import RequestError
from cueline.server.routing import Operation, Routes, as_json, service
from cueline.server.upstream.models import ModelsAnswer, models
from cueline.server.upstream.standing import CascadeAnswer, standing

routes = Routes("chat")


@routes.get("/v1/cascade", Operation(CascadeAnswer, scope="read", problems=(404,)))
async def cascade(request: Request) -> Response:
    """Who answers agents, and how the promise of the current policy stands."""
    to = service(request)
    if to.cascade is None:
        raise RequestError(404, "there is no upstream: serve with --upstream URL")
    return as_json(await standing(to.cascade, to.policy))


@routes.get("/v1/models", Operation(ModelsAnswer, scope="act"))
async def list_models(request: Request) -> Response:
    """The policy, and what the upstream has; only the policy while that does not answer."""
    to = service(request)
    return as_json(await models(to.cascade, to.policies.current))
