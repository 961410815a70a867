"""How often one caller may ask."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.limits import RateLimit
from cueline.server.middleware.api_keys import address, after


class RateLimits:
    """A rate for each key, and for each address where there are no keys."""

    def __init__(self, app: ASGIApp, rate: RateLimit | None) -> None:
        self._app, self._rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 429."""
        if scope["type"] == "http" and self._rate is not None:
            wait = self._rate.wait(rated(scope))
            if wait > 0:
                raise RequestError(429, "too many requests; wait", {"Retry-After": after(wait)})
        await self._app(scope, receive, send)


def rated(scope: Scope) -> str:
    """Whose rate a request counts towards."""
    return str(scope["caller"].name or address(scope))
