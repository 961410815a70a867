"""What those who run the service look at."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.routing import Operation, Routes, as_json, service
from cueline.server.schemas import CascadeStanding, HealthAnswer, ReadyAnswer
from cueline.server.upstream.standing import standing

routes = Routes("operations")


@routes.get("/healthz", Operation(HealthAnswer))
async def healthy(request: Request) -> Response:
    """Whether the process is there; says nothing of the store."""
    return as_json(HealthAnswer("ok"))


@routes.get("/readyz", Operation(ReadyAnswer))
async def ready(request: Request) -> Response:
    """Whether turns can be taken: 503 while the store cannot write.

    With an upstream, also who answers now: that alone is no reason to send turns elsewhere.
    """
    to = service(request)
    await to.sessions.store.check()
    if to.cascade is None:
        return as_json(ReadyAnswer("ready"))
    stands = await standing(to.cascade, to.policy)
    cascade = CascadeStanding(stands.upstream, stands.standing, stands.threshold)
    return as_json(ReadyAnswer("ready", cascade))


@routes.get("/metrics", Operation(str, media=("text/plain",), scope="read"))
async def metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    to = service(request)
    if to.cascade is not None and to.cascade.watches is not None:
        policy = to.policy
        watch = await to.cascade.watches.of(policy.hash, policy.decision_model.risk)
        to.cascade.metrics.watched(watch)
    return Response(to.metrics.text(), media_type="text/plain; version=0.0.4")
