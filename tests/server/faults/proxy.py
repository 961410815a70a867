"""A line between two parties that can be cut, held, made slow, or left open with nothing coming."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

CHUNK = 1 << 16


class Proxy:
    """Hands bytes on between whoever connects to `port` and the server at `target`.

    Within a connection bytes stay in order, as TCP keeps them; with a `late` way back, answers on
    different connections overtake each other.
    """

    def __init__(self, target: int, dice: random.Random) -> None:
        self.target, self.port = target, 0
        self.closed = False
        """Whether new connections are refused."""
        self.late = {"there": 0.0, "back": 0.0}
        """Seconds, at the most, that bytes are under way."""
        self._dice = dice
        self._flows = {"there": asyncio.Event(), "back": asyncio.Event()}
        for flows in self._flows.values():
            flows.set()
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.let_go()
        while self._lines:
            self.cut()
            await asyncio.sleep(0.01)

    def hold(self, *ways: str) -> None:
        """Let nothing through these ways, "there" or "back", until `let_go`."""
        for way in ways:
            self._flows[way].clear()

    def let_go(self) -> None:
        for flows in self._flows.values():
            flows.set()

    def cut(self) -> None:
        """Reset every connection; what was held is lost."""
        for line in list(self._lines):
            line.cut()

    def deafen(self) -> None:
        """Leave the connections of now open for good, and let nothing through: half-open ones."""
        for line in self._lines:
            line.deaf = True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(writer)
        self._lines.add(line)
        try:
            if self.closed:
                raise ConnectionRefusedError
            there = await asyncio.open_connection("127.0.0.1", self.target)
            line.writers.append(there[1])
            await asyncio.gather(
                self._pump(line, "there", reader, there[1]),
                self._pump(line, "back", there[0], writer),
                return_exceptions=True,
            )
        except OSError:
            pass
        finally:
            line.cut()
            self._lines.discard(line)

    async def _pump(
        self, line: _Line, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Hand on to the end; what is held comes even after who sent it has left."""
        while True:
            try:
                chunk = await reader.read(CHUNK)
            except OSError:
                line.cut()
                return
            if self.late[way]:
                await asyncio.sleep(self._dice.uniform(0, self.late[way]))
            await self._flows[way].wait()
            if line.deaf:
                if not chunk:
                    line.cut()
                    return
                continue
            if not chunk:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()


class _Line:
    """Both ends of a connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writers = [writer]
        self.deaf = False

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
