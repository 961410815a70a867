"""The application: routes, errors and the schema put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp

from cueline.errors import CuelineError
from cueline.server.errors import RequestError, StoreUnavailableError
from cueline.server.middleware import guarded
from cueline.server.openapi import document
from cueline.server.problems import on_error
from cueline.server.routes import (
    cascade,
    chat,
    corrections,
    dialogues,
    flow,
    judge,
    look,
    messages,
    operations,
    page,
    policies,
    questions,
    responses,
    shapes,
    training,
    users,
    watch,
)
from cueline.server.routing import JSON, Route
from cueline.server.service import Service

SWEEP = 60.0
"""Seconds between looks for dialogues that have expired."""


ROUTES: tuple[Route, ...] = (
    *dialogues.routes,
    *corrections.routes,
    *users.routes,
    *watch.routes,
    *chat.routes,
    *cascade.routes,
    *questions.routes,
    *responses.routes,
    *messages.routes,
    *policies.routes,
    *training.routes,
    *operations.routes,
    *look.routes,
    *judge.routes,
    *flow.routes,
    *shapes.routes,
    *page.routes,
)


def application(service: Service) -> ASGIApp:
    """The ASGI application that serves `service`."""
    described = msgspec.json.encode(document(ROUTES, service))

    async def openapi(_: Request) -> Response:
        return Response(described, media_type=JSON)

    app = Starlette(
        routes=[*ROUTES, StarletteRoute("/openapi.json", openapi)],
        exception_handlers={HTTPException: _on_http, CuelineError: on_error, Exception: on_error},
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return guarded(app, service)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    service: Service = app.state.service
    sweeping = asyncio.create_task(_sweep(service))
    try:
        yield
    finally:
        sweeping.cancel()
        service.sessions.watchers.close_all()
        if service.cascade is not None:
            await service.cascade.close()
        await service.sessions.store.close()


async def _sweep(service: Service) -> None:
    while True:
        with suppress(StoreUnavailableError):  # the next look will find them
            await service.sessions.expire()
            await service.sources.forget_erased()
        await asyncio.sleep(SWEEP)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = {404: "nothing is at this path", 405: "this path does not take this method"}
    detail = what.get(error.status_code, "the request is not as it should be")
    return await on_error(
        request, RequestError(error.status_code, detail, dict(error.headers or {}))
    )
