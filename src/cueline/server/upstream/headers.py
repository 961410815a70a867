"""Which headers go on: those that are about the request itself, never a caller's secrets."""

from __future__ import annotations

from collections.abc import Iterable

_ON = frozenset(
    {
        "accept",
        "content-type",
        "http-referer",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-client-request-id",
        "x-request-id",
        "x-title",
    }
)
_ON_BEGINNINGS = ("openai-", "anthropic-", "x-stainless-")
_BACK = frozenset(["content-type", "retry-after", "retry-after-ms", "x-request-id", "request-id"])
_BACK_BEGINNINGS = ("openai-", "anthropic-", "x-ratelimit-")
"""`content-length` is made anew; cookies are between the upstream and this service."""

RawHeaders = Iterable[tuple[bytes, bytes]]


def going(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Those of a caller's `headers`, as ASGI has them, that go upstream.

    `Authorization` and `X-Api-Key` are not among them: they may hold a key of this service.
    """
    return _among(headers, _ON, _ON_BEGINNINGS)


def coming(headers: RawHeaders) -> dict[str, str]:
    """Those of the upstream's `headers` that go back to the caller."""
    found = _among(headers, _BACK, _BACK_BEGINNINGS)
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in found}


def _among(
    headers: RawHeaders, names: frozenset[str], beginnings: tuple[str, ...]
) -> list[tuple[bytes, bytes]]:
    found = []
    for name, value in headers:
        lower = name.decode("latin-1").lower()
        if lower in names or lower.startswith(beginnings):
            found.append((name, value))
    return found
