"""A corpus, or what is live, as a flow of actions."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.routes.look import SOURCE, view_of
from cueline.server.routing import Operation, Parameter, Routes, as_json
from cueline.web.schemas.judging import FlowAnswer

routes = Routes("page")

PATH = Parameter(
    "path",
    "query",
    r"^([0-9]{1,6}(\.[0-9]{1,6}){0,29})?$",
    "Numbers of sets done one after another.",
    "numbers with dots between them, such as 3.0.7",
)
SUPPORT = Parameter("support", "query", r"^[0-9]{0,6}$", "Dialogues below which a set is rare.")
ANYWHERE = Parameter(
    "anywhere", "query", r"^(true|false)?$", "Whether the path may begin at a later turn."
)


@routes.get(
    "/v1/map/{source}",
    Operation(
        FlowAnswer, scope="read", parameters=(SOURCE, PATH, SUPPORT, ANYWHERE), problems=(404,)
    ),
)
async def flow(request: Request) -> Response:
    """Where dialogues go after a path of actions, and how many of them."""
    view = await view_of(request)
    path = [int(number) for number in PATH.of(request).split(".") if number]
    support, anywhere = int(SUPPORT.of(request) or 1), ANYWHERE.of(request) == "true"
    return as_json(await asyncio.to_thread(lambda: view.flow.after(path, support, anywhere)))
