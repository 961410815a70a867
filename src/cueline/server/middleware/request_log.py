"""Every request in the log and in the metrics, with what came of it."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cueline.server import logs
from cueline.server.metrics import Metrics

GONE = 499
"""Where there is no answer: the caller went, or was hung up on (nginx's status for it)."""
LOGGED = ("dialogue", "turn", "number", "source", "file")
"""Parts of a path that the log may hold; whose dialogue it is, it may not."""


class RequestLog:
    """Outermost, so that it sees what was refused too."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log_text: bool) -> None:
        self._app, self._metrics, self._log_text = app, metrics, log_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), GONE

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except BaseException:
            status = 500
            raise
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requested(scope["method"], route, status, seconds)
        path = scope.get("path_params", {})
        fields = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "caller": scope["caller"].name if "caller" in scope else "",
            **{name: path[name] for name in LOGGED if name in path},
        }
        if self._log_text and "said" in scope:
            fields["user"] = scope["said"]
        logs.request(fields)
