"""The application: routes, errors and the schema put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

import cueline
from cueline.errors import CuelineError
from cueline.server import schemas as wire
from cueline.server.domain import chat_completions as chat
from cueline.server.errors import RequestError, StoreUnavailableError
from cueline.server.middleware import guarded
from cueline.server.problems import on_error
from cueline.server.routes import chat as chat_routes
from cueline.server.routes import (
    dialogues,
    flow,
    judge,
    look,
    operations,
    page,
    policies,
    shapes,
    training,
    users,
    watch,
)
from cueline.server.service import Service
from cueline.web import schemas as answers

SWEEP = 60.0
"""Seconds between looks for dialogues that have expired."""


def application(service: Service) -> ASGIApp:
    """The ASGI application that serves `service`."""
    app = FastAPI(
        title="Cueline",
        version=cueline.__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    talking = (dialogues, users, watch, chat_routes, policies, training, operations)
    for routes in (*talking, look, judge, flow, shapes, page):
        app.router.routes.extend(routes.router.routes)
    app.add_exception_handler(CuelineError, on_error)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_parameter)
    app.add_exception_handler(Exception, on_error)
    document = _document(app, service)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return guarded(app, service)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    sweeping = asyncio.create_task(_sweep(service))
    try:
        yield
    finally:
        sweeping.cancel()
        service.sessions.watchers.close_all()
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


async def _on_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return await on_error(request, RequestError(422, f"{where}: {first['msg']}"))


def _document(app: FastAPI, service: Service) -> dict[str, Any]:
    """The schema of the whole service: the routes', with the types they speak of."""
    document = FastAPI.openapi(app)
    types = [*_structs(wire), *_structs(chat), *_structs(answers)]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    # In a batch, what is too long is a problem of its turn, not of the request.
    for name in ("user", "system"):
        schemas["StepRequest"]["properties"][name]["anyOf"][0]["maxLength"] = service.limits.text
    components = document.setdefault("components", {})
    components["schemas"] = schemas
    if service.keys is not None:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    return document


def _structs(module: Any) -> list[Any]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, msgspec.Struct)
        and each.__module__ == module.__name__
    ]
