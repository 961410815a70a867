"""How good a policy is on a corpus, or on what is live; and what another one changes."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from cueline.errors import PolicyError
from cueline.server.errors import RequestError
from cueline.server.routes.look import SOURCE, view_of
from cueline.server.routing import Operation, Parameter, Routes, as_json, service
from cueline.web.evaluation_view import changes, evaluation_answer
from cueline.web.schemas.judging import ChangesAnswer, EvaluationAnswer

routes = Routes("page")

_HASH = "the hash of a policy, 16 hexadecimal digits"
HASH = r"^([0-9a-f]{16})?$"
POLICY = Parameter(
    "policy", "query", HASH, "A policy that is loaded; the current one if not said.", _HASH
)
BEFORE = Parameter(
    "before", "query", HASH, "A policy that is loaded; the current one if not said.", _HASH
)
AFTER = Parameter("after", "query", HASH, "The policy to compare it with, likewise.", _HASH)


@routes.get(
    "/v1/judge/{source}",
    Operation(EvaluationAnswer, scope="read", parameters=(SOURCE, POLICY), problems=(404, 409)),
)
async def judge(request: Request) -> Response:
    """The figures that `cueline evaluate` gives, and what is drawn of them."""
    view = await view_of(request, POLICY.of(request))
    curve, live = service(request).curve, SOURCE.of(request) == "live"
    report = None if live else await asyncio.to_thread(lambda: view.report)
    return as_json(await asyncio.to_thread(evaluation_answer, view, report, curve))


@routes.get(
    "/v1/changes/{source}",
    Operation(ChangesAnswer, scope="read", parameters=(SOURCE, BEFORE, AFTER), problems=(404, 409)),
)
async def changed(request: Request) -> Response:
    """The turns that two policies decide differently."""
    before = await view_of(request, BEFORE.of(request))
    after = await view_of(request, AFTER.of(request))
    try:
        return as_json(await asyncio.to_thread(changes, before, after))
    except PolicyError as error:
        raise RequestError(409, str(error)) from None
