"""Who calls: looked up by the API key, before anything else of the request is read."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.keys import SCOPES, KeyRecord, Keys
from cueline.server.limits import RateLimit
from cueline.server.middleware.headers import header

ANYONE = KeyRecord("", "0" * 64, list(SCOPES))
NOBODY = KeyRecord("", "0" * 64, [])
WRONG_RATE, WRONG_BURST = 1.0, 20
"""Wrong keys an address may try a second, over time, and at once."""
_OPEN = frozenset({"/", "/healthz", "/readyz"})
_PAGE = "/page/"


class ApiKeys:
    """Sets `scope["caller"]`; without `keys`, anyone may do anything."""

    def __init__(self, app: ASGIApp, keys: Keys | None) -> None:
        self._app, self._keys = app, keys
        self._wrong = RateLimit(WRONG_RATE, WRONG_BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it with 401, and with 429 after many wrong keys."""
        if scope["type"] == "http":
            scope["caller"] = ANYONE if self._keys is None else self._caller(scope, self._keys)
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope, keys: Keys) -> KeyRecord:
        sent = _sent(scope)
        caller = keys.caller(sent) if sent else None
        if caller is not None:
            return caller
        if scope["path"] in _OPEN or scope["path"].startswith(_PAGE):
            return NOBODY
        wait = self._wrong.wait(address(scope)) if sent else 0
        if wait > 0:
            raise RequestError(429, "too many wrong API keys; wait", {"Retry-After": after(wait)})
        what = "send a valid API key as Authorization: Bearer KEY, or X-Api-Key: KEY"
        raise RequestError(401, what, {"WWW-Authenticate": "Bearer"})


def _sent(scope: Scope) -> str:
    """The key that came along, as OpenAI's clients send it or as Anthropic's do."""
    scheme, _, secret = header(scope, b"authorization").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return header(scope, b"x-api-key").decode("latin-1").strip()


def address(scope: Scope) -> str:
    """Where the request comes from."""
    return str(scope["client"][0]) if scope.get("client") else ""


def after(seconds: float) -> str:
    """`seconds` for the header `Retry-After`, which has whole ones."""
    return str(int(seconds) + 1)
