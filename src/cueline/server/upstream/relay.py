"""An answer of the upstream handed on as it comes, for as long as the caller is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import httpx2 as http
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

log = logging.getLogger("cueline.server")

T = TypeVar("T")
Finished = Callable[[bytes | None], None]
"""Is given the whole answer once it has been handed on; None where it was too long to read."""


class CallerGoneError(Exception):
    """The caller hung up before there was an answer."""


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; it is cancelled where the caller hangs up: `CallerGoneError`."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise CallerGoneError
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Relay(Response):
    """Sends each chunk on as it comes, and keeps a copy of what is not too long.

    Where the upstream breaks off, so does this: what is cut must not look whole.
    """

    def __init__(
        self,
        answer: http.Response,
        headers: Mapping[str, str],
        longest: int,
        finished: Finished,
        broke_off: Callable[[http.RequestError], None],
    ) -> None:
        self.status_code, self.background = answer.status_code, None
        self.init_headers(headers)
        self._answer, self._longest = answer, longest
        self._finished, self._broke_off = finished, broke_off

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the answer on."""
        try:
            await while_there(receive, self._pump(send))
        except CallerGoneError:
            pass
        finally:
            await self._answer.aclose()

    async def _pump(self, send: Callable[[Any], Awaitable[None]]) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        copy: list[bytes] | None = []
        size = 0
        try:
            async for chunk in self._answer.aiter_bytes():
                size += len(chunk)
                if copy is not None:
                    copy.append(chunk)
                    copy = copy if size <= self._longest else None
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except http.RequestError as error:
            self._broke_off(error)
            return  # without an end, so that the connection is cut
        await send({"type": "http.response.body", "body": b""})
        self._finished(None if copy is None else b"".join(copy))
