"""No other web page may use a browser to reach the service.

A browser says who asks: `Sec-Fetch-Site` with every request, `Origin` with those that write. A
program sends neither.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.middleware.headers import header

OWN = frozenset({b"", b"same-origin", b"none"})
"""Values of `Sec-Fetch-Site`: no browser, the page itself, a person who typed the address."""


class Origins:
    """Refuses requests that a page of another origin makes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 403."""
        if scope["type"] == "http" and not (_own(scope) or _link(scope)):
            raise RequestError(403, "a page of another origin may not call this service")
        await self._app(scope, receive, send)


def _own(scope: Scope) -> bool:
    if header(scope, b"sec-fetch-site") not in OWN:
        return False
    origin = header(scope, b"origin")
    return not origin or _authority(origin) == header(scope, b"host").lower()


def _link(scope: Scope) -> bool:
    """Whether a person followed a link to the page from elsewhere."""
    navigates = header(scope, b"sec-fetch-mode") == b"navigate"
    return scope["method"] == "GET" and scope["path"] == "/" and navigates


def _authority(origin: bytes) -> bytes:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return b""
