"""Without keys the service is for this machine alone, by whatever name it was called.

A page elsewhere that has its name resolve to this machine (DNS rebinding) still sends the name.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.middleware.headers import header, hostname

LOOPBACK = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})


class Hosts:
    """Answers only requests whose `Host` is this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 421."""
        if scope["type"] == "http" and hostname(header(scope, b"host")) not in LOOPBACK:
            raise RequestError(421, "without API keys, only localhost is answered")
        await self._app(scope, receive, send)
