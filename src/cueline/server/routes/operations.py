"""What those who run the service look at."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.routing import Operation, Routes, as_json, service
from cueline.server.schemas import HealthAnswer

routes = Routes("operations")


@routes.get("/healthz", Operation(HealthAnswer))
async def healthy(request: Request) -> Response:
    """Whether the process is there; says nothing of the store."""
    return as_json(HealthAnswer("ok"))


@routes.get("/readyz", Operation(HealthAnswer))
async def ready(request: Request) -> Response:
    """Whether turns can be taken: 503 while the store cannot write."""
    await service(request).sessions.store.check()
    return as_json(HealthAnswer("ready"))


@routes.get("/metrics", Operation(str, media=("text/plain",), scope="read"))
async def metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    return Response(service(request).metrics.text(), media_type="text/plain; version=0.0.4")
