"""Connections: how many, how large what comes before a body may be, and how long it may take."""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
from types import FrameType
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cueline.errors import SettingsError
from cueline.server.errors import RequestError
from cueline.server.limits import Limits
from cueline.server.problems import answer, problem
from cueline.server.service import Service

Part = Literal["headers", "body"]
LAST_PORT = 65535


class HttpServer(uvicorn.Server):
    """Ends the streams of watchers when it stops; they would go on for ever."""

    def __init__(self, app: ASGIApp, service: Service, bound: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=functools.partial(BoundedProtocol, service.limits),  # type: ignore[arg-type]
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=10,
            )
        )
        self._service, self._bound = service, bound

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer at the port that was bound, until a signal comes."""
        await super().serve([self._bound])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where, once it is so."""
        await super().startup(sockets)
        if self.started:
            host, port, *_ = self._bound.getsockname()
            print(f"look at it: {address(host, port)} (Ctrl-C ends it)", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, having let everyone know."""
        super().handle_exit(sig, frame)
        self._service.sessions.watchers.close_all()
        if self._service.teaching is not None:
            self._service.teaching.stop()


def bind(host: str, port: int) -> socket.socket:
    """A port that is nobody else's from now on, and listens later; 0 is any that is free.

    Raises `SettingsError` where another program has it, or this one may not.
    """
    asked = f"--host {host} --port {port}"
    if not 0 <= port <= LAST_PORT:
        raise SettingsError(f"--port {port}: a port is a number of at most {LAST_PORT}")
    try:
        family, kind, protocol, _, where = min(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        # The protocol is named: asyncio sends what it has at once where it knows that it is TCP.
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"{asked}: {error.strerror}") from None
    if os.name == "posix":  # elsewhere it would take a port that another listens at
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(where)
    except OSError as error:
        bound.close()
        hint = "; end what listens there, or choose another port (0 is any that is free)"
        hint = hint if error.errno == errno.EADDRINUSE else ""
        raise SettingsError(f"{asked}: {error.strerror}{hint}") from None
    return bound


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds it: a host that stands for all is none to go to."""
    host = "localhost" if host in ("0.0.0.0", "::", "") else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class BoundedProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with bounds on how large a head is and how late a request.

    They hold before any header is looked at, and whoever calls: keys come later. A request that
    comes all at once, as nearly all do, needs no timer.
    """

    def __init__(self, limits: Limits, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._part: Part | None = "headers"
        """What is being received."""
        self._head = 0
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, if there are not too many connections."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refuse(503, "too many connections; try again")
        else:
            self._wait("headers")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait."""
        self._goes_on(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds."""
        waiting = self._part == "headers"
        if waiting:
            self._head += len(data)
        super().data_received(data)
        if waiting and self._part == "headers" and self._head > self._limits.headers:
            self._refuse(431, f"the headers are longer than {self._limits.headers} bytes")
        elif self._part is not None and self._late is None:
            self._wait(self._part)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._part is None:
            self._head = 0
            self._goes_on("headers")

    def on_headers_complete(self) -> None:
        """Its headers have come."""
        self._goes_on("body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it has."""
        self._goes_on(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP as every other problem is answered."""
        self._refuse(400, "this is not HTTP")

    def _goes_on(self, part: Part | None) -> None:
        self._part = part
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _wait(self, part: Part) -> None:
        seconds = {"headers": self._limits.headers_seconds, "body": self._limits.body_seconds}[part]
        what = f"the {part} did not come within {seconds:g} seconds"
        self._late = self.loop.call_later(seconds, self._refuse, 408, what)

    def _refuse(self, status: int, what: str) -> None:
        """Answer, unless that would stand within or after another answer, and hang up."""
        free = self._may_answer()
        self._goes_on(None)
        if self.transport.is_closing():
            return
        if free:
            response = answer(problem(RequestError(status, what)), {"Connection": "close"})
            head = b"".join(b"%s: %s\r\n" % pair for pair in response.raw_headers)
            self.transport.write(b"HTTP/1.1 %d \r\n%s\r\n%s" % (status, head, bytes(response.body)))
        self.transport.close()

    def _may_answer(self) -> bool:
        """Whether what came before is answered, and what comes now is not."""
        if self.cycle is None:
            return True
        if self._part == "headers":
            return bool(self.cycle.response_complete)
        return not self.cycle.response_started
