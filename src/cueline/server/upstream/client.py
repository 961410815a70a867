"""Requests to the upstream: time-outs, retries where they are safe, and a circuit breaker."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence

import httpx2 as http

from cueline.server.errors import RequestError
from cueline.server.upstream.breaker import CircuitBreaker
from cueline.server.upstream.settings import UpstreamSettings

log = logging.getLogger("cueline.server")

REFUSED = frozenset({429, 503})
"""Statuses that say that nothing was done, so that the same may be asked again."""
AWAY = frozenset({502, 503, 504, 529})
"""Those that say that it is not well; 500 may be due to what was asked."""
NOT_SENT = (http.ConnectError, http.ConnectTimeout, http.PoolTimeout)
"""What goes wrong before a request is on its way."""


class UpstreamError(RequestError):
    """The upstream did not answer as it should: 502, 503 or 504."""

    def __init__(self, status: int, detail: str, wait: float = 1.0) -> None:
        super().__init__(status, f"the upstream {detail}", {"Retry-After": str(int(wait) + 1)})


class Upstream:
    """A server that speaks OpenAI's, or Anthropic's, API."""

    def __init__(
        self, url: str, key: str | None = None, settings: UpstreamSettings | None = None
    ) -> None:
        """`url` is what those clients call their base URL, without a slash at its end."""
        self.url, self.key, self.settings = url, key, settings or UpstreamSettings()
        to = self.settings
        self.breaker = CircuitBreaker(to.failures, to.rest, to.longest_rest)
        self.retried = 0
        """Requests that were sent again."""
        waits = http.Timeout(to.silence, connect=to.connect, pool=to.connect)
        every = http.Limits(max_connections=None, max_keepalive_connections=100)
        self._client = http.AsyncClient(timeout=waits, limits=every)

    async def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes = b"",
    ) -> http.Response:
        """The answer, its body yet to be read; to be closed.

        Raises `UpstreamError` where there is none. An answer that is an error is an answer.
        """
        url = self.url + path
        sent = [*headers, (b"accept-encoding", b"identity")]
        for left in range(self.settings.retries, -1, -1):
            # Made by hand: what one caller's answer sets as cookies goes to no other.
            wait = await self._once(http.Request(method, url, headers=sent, content=body), left)
            if isinstance(wait, http.Response):
                return wait
            self.retried += 1
            await asyncio.sleep(wait)
        raise AssertionError("the last one returns or raises")

    async def _once(self, request: http.Request, left: int) -> http.Response | float:
        """The answer, or how long to wait before one more try; `left` are those that there are."""
        if (rest := self.breaker.wait()) > 0:
            raise UpstreamError(503, "is away; it is asked again in a while", rest)
        backoff = self._backoff(left)
        try:
            response = await self._client.send(request, stream=True)
        except NOT_SENT as error:
            self._failed(error)
            if left:
                return backoff
            raise UpstreamError(503, "cannot be reached") from None
        except http.TimeoutException as error:
            self._failed(error)
            raise UpstreamError(504, "did not answer in time") from None
        except http.LocalProtocolError:  # a caller's header that is none
            self.breaker.abandoned()
            raise RequestError(400, "a header cannot be sent on as it is") from None
        except http.TransportError as error:
            self._failed(error)
            raise UpstreamError(502, "broke off") from None
        except BaseException:
            self.breaker.abandoned()
            raise
        if response.status_code in REFUSED and left:
            after = _seconds(response.headers) or backoff
            if after <= self.settings.patience:
                self.breaker.abandoned()
                await response.aclose()
                return max(after, backoff)
        if response.status_code in AWAY:
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return response

    async def read(self, answer: http.Response, longest: int) -> bytes:
        """All that `answer` says; raises `UpstreamError` where it breaks off, or is too long."""
        parts, size = [], 0
        try:
            async for part in answer.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > longest:
                    raise UpstreamError(502, "says more than is read here")
        except http.RequestError as error:
            self.broke_off(error)
            raise UpstreamError(502, "broke off") from None
        finally:
            await answer.aclose()
        return b"".join(parts)

    def broke_off(self, error: http.RequestError) -> None:
        """An answer that had begun ended before its end."""
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        log.warning("the upstream failed: %s", type(error).__name__)
        self.breaker.failed()

    def _backoff(self, left: int) -> float:
        """Twice as long each time, and never for all at the same moment."""
        tries = self.settings.retries - left
        return self.settings.backoff * 2.0**tries * random.uniform(0.5, 1.0)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _seconds(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` where it is a number of seconds."""
    said = headers.get("retry-after", "")
    return float(said) if said.isdigit() else None
