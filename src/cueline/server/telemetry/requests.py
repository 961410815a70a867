"""A span for each request, within the trace that its caller is in."""

from __future__ import annotations

import asyncio
import time

from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cueline.server.metrics import METHODS
from cueline.server.telemetry.telemetry import Telemetry, failed

_TRACE_CONTEXT = TraceContextTextMapPropagator()


class Requests:
    """Outermost of all. A path may name a user, so spans have its template alone."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app, self._telemetry = app, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and tell of it; at the end of all, send what is left."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
            return

        async def last(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":  # once it is sent, all may end
                await asyncio.to_thread(self._telemetry.end)
            await send(message)

        await self._app(scope, receive, last)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        attributes: dict[str, AttributeValue] = {
            "http.request.method": method,
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
        with self._telemetry.tracer.start_as_current_span(
            method,
            _TRACE_CONTEXT.extract(_headers(scope)),
            SpanKind.SERVER,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                await self._app(scope, receive, watched)
            finally:
                attributes["http.response.status_code"] = status
                if (route := getattr(scope.get("route"), "path", None)) is not None:
                    attributes["http.route"] = route
                    span.update_name(f"{method} {route}")
                span.set_attributes(attributes)
                if status >= 500:
                    attributes["error.type"] = str(status)
                    failed(span, str(status))
                self._telemetry.requests.record(time.perf_counter() - began, attributes)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
