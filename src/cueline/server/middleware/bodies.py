"""Bodies: read whole before a route sees the request, within a size.

How long they may take, `http_server` bounds.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.limits import Limits
from cueline.server.middleware.headers import header

_JSON = b"application/json"
_CLOSE = {"Connection": "close"}


class Bodies:
    """Sets `scope["body"]`, which is empty or JSON."""

    def __init__(self, app: ASGIApp, limits: Limits, longer: Mapping[str, int]) -> None:
        """`longer` are bounds of their own that some paths have."""
        self._app, self._limits, self._longer = app, limits, longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 413 or 415."""
        if scope["type"] == "http":
            body = await self._read(scope, receive)
            if body is None:
                return  # the caller has gone
            kind = header(scope, b"content-type").partition(b";")[0].strip().lower()
            if body and kind != _JSON:
                raise RequestError(415, "send a body as Content-Type: application/json")
            scope["body"] = body
        await self._app(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        most = self._longer.get(scope["path"], self._limits.body)
        declared = header(scope, b"content-length") or b"0"
        chunks, size = [], int(declared) if declared.isdigit() else 0
        if size > most:
            raise _too_long(most)
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                raise _too_long(most)
            if not message.get("more_body", False):
                return b"".join(chunks)


def _too_long(most: int) -> RequestError:
    return RequestError(413, f"the body is longer than {most} bytes", _CLOSE)
