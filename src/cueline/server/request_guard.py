"""The front door: every request passes here before any route sees it.

Who asks, from where, how often and with how much is settled here, and what came of it is counted
and logged.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cueline.server import logs
from cueline.server.keys import SCOPES, KeyRecord
from cueline.server.problems import RequestError, answer, problem
from cueline.server.service import Service

_LOOPBACK = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_OPEN = frozenset({"/", "/healthz", "/readyz"})
_PAGE = "/page/"
_ANYONE = KeyRecord("", "0" * 64, list(SCOPES))
_NOBODY = KeyRecord("", "0" * 64, [])
_JSON = b"application/json"


class RequestGuard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            body = await self._admit(scope, receive)
            if body is not None:
                scope["body"] = body
                await self._app(scope, receive, watched)
        except RequestError as refused:
            await answer(problem(refused), refused.headers)(scope, receive, watched)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    async def _admit(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body of a request that may come in; None if the caller has gone."""
        headers = dict(scope["headers"])
        caller = self._caller(scope, headers)
        scope["caller"] = caller
        if self._service.rate is not None:
            address = scope["client"][0] if scope.get("client") else ""
            wait = self._service.rate.wait(caller.name or address)
            if wait > 0:
                raise RequestError(
                    429, "too many requests; wait", {"Retry-After": str(int(wait) + 1)}
                )
        body = await self._body(headers, receive)
        if body and headers.get(b"content-type", b"").split(b";")[0].strip() != _JSON:
            raise RequestError(415, "send a body as Content-Type: application/json")
        return body

    def _caller(self, scope: Scope, headers: Mapping[bytes, bytes]) -> KeyRecord:
        keys = self._service.keys
        if keys is None:
            # Without keys the service is for this machine alone; a page elsewhere that has its name
            # resolve to this machine still sends the name.
            host = headers.get(b"host", b"").rsplit(b":", 1)[0].lower()
            if host not in _LOOPBACK:
                raise RequestError(421, "without API keys, only localhost is answered")
            return _ANYONE
        scheme, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        caller = keys.caller(secret.strip()) if scheme.lower() == "bearer" else None
        if caller is None and (scope["path"] in _OPEN or scope["path"].startswith(_PAGE)):
            return _NOBODY
        if caller is None:
            what = "send a valid API key as Authorization: Bearer KEY"
            raise RequestError(401, what, {"WWW-Authenticate": "Bearer"})
        return caller

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes | None:
        most = self._service.limits.body
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            raise RequestError(
                413, f"the body is longer than {most} bytes", {"Connection": "close"}
            )
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                raise RequestError(
                    413, f"the body is longer than {most} bytes", {"Connection": "close"}
                )
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        caller: KeyRecord = scope.get("caller", _NOBODY)
        text = {"user": scope["said"]} if self._service.log_text and "said" in scope else {}
        self._service.metrics.requested(scope["method"], route, status, seconds)
        logs.request(
            {
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "caller": caller.name,
                **scope.get("path_params", {}),
                **text,
            }
        )
