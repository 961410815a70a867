"""What standing in front of a model costs: a deferred turn, a turn answered here, many streams.

    python -m benchmarks.service.cascade                     about a minute
    python -m benchmarks.service.cascade --turns 5000 --streams 400

The upstream is a process of its own that answers at once, so that all that is measured is the way
there and back. `direct` asks it itself; `deferred` asks through the service, which is sure of
nothing; `here` asks a service that is sure, and stores each turn in SQLite before it answers.
Streams are chunks at a steady pace: how late each comes, directly and through the service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from tests.server.acting import policy
from tests.server.servers import free_port
from tests.server.serving import Served
from tests.server.upstream.scripted import chunks, completion
from tests.server.upstream.test_cascade import TOOLS

PACE = 0.02
"""Seconds between the chunks of a stream."""
CHUNKS = 100
PATH = "/v1/chat/completions"


class Upstream(asyncio.Protocol):
    """Answers each request at once, or with a stream at its pace."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if not found or len(body) < length:
            return
        self._read = body[length:]
        if b'"stream":true' in body or b'"stream": true' in body:
            asyncio.get_running_loop().create_task(self._stream())
        else:
            self._transport.write(_whole(json.dumps(completion({"book": {"people": 2}})).encode()))

    async def _stream(self) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        began = time.perf_counter()
        for number in range(CHUNKS):
            await asyncio.sleep(began + number * PACE - time.perf_counter())
            chunk = chunks("word")[1] | {"sent": time.time()}
            self._transport.write(_chunk(b"data: " + json.dumps(chunk).encode() + b"\n\n"))
        self._transport.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def _whole(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Caller:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Caller:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def asks(self, body: bytes) -> bytes:
        """The head of the answer; its body is yet to be read."""
        self._writer.write(
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        return head

    async def whole(self, dialogue: Dialogue) -> float:
        """Seconds until all of the answer at the next turn is here."""
        body, began = dialogue.body(), time.perf_counter()
        head = (await self.asks(body)).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        answer = await self._reader.readexactly(length)
        waited = time.perf_counter() - began
        dialogue.heard(answer)
        return waited

    async def stream(self, body: bytes) -> list[float]:
        """How late each chunk is here after it was sent, in seconds."""
        await self.asks(body)
        late = []
        while True:
            line = await self._reader.readuntil(b"\n")
            if line.startswith(b"data: {"):
                late.append(time.time() - json.loads(line[6:])["sent"])
            if line.startswith(b"data: [DONE]"):
                await self._reader.readuntil(b"0\r\n\r\n")
                return late


class Dialogue:
    """A dialogue with an agent, that grows by each answer and then begins anew."""

    def __init__(self, turns: int = 8) -> None:
        self._turns, self._messages = turns, list[Any]()
        self._number = 0

    def body(self, stream: bool = False) -> bytes:
        """The request at its next turn."""
        if len(self._messages) >= 3 * self._turns:
            self._messages.clear()
        self._number += 1
        text = f"find me a table for {self._number}"
        self._messages.append({"role": "user", "content": text})
        asked = {"model": "m", "messages": self._messages, "tools": TOOLS, "stream": stream}
        return json.dumps(asked).encode()

    def heard(self, answer: bytes) -> None:
        """Make the calls of the answer."""
        message = json.loads(answer)["choices"][0]["message"]
        self._messages.append({key: message[key] for key in ("role", "content", "tool_calls")})
        for call in message["tool_calls"]:
            result = {"role": "tool", "tool_call_id": call["id"], "content": "{}"}
            self._messages.append(result)


async def waits(port: int, turns: int) -> np.ndarray:
    async with Caller(port) as caller:
        dialogue = Dialogue()
        return np.array([await caller.whole(dialogue) for _ in range(turns)]) * 1000


async def streams(port: int, count: int) -> np.ndarray:
    async def one() -> list[float]:
        async with Caller(port) as caller:
            return await caller.stream(Dialogue().body(stream=True))

    found = await asyncio.gather(*(one() for _ in range(count)))
    return np.concatenate(found) * 1000


def shown(name: str, waits: np.ndarray, than: np.ndarray | None = None) -> None:
    figures = [np.percentile(waits, share) for share in (50, 99)]
    line = f"{name:22} p50 {figures[0]:7.2f} ms   p99 {figures[1]:7.2f} ms"
    if than is not None:
        added = [mine - np.percentile(than, at) for mine, at in zip(figures, (50, 99), strict=True)]
        line += f"   added {added[0]:6.2f} and {added[1]:6.2f} ms"
    print(line, flush=True)


async def measure(turns: int, count: int, upstream: int, deferring: Served, here: Served) -> None:
    direct = await waits(upstream, turns)
    shown("direct", direct)
    used = cpu(deferring)
    shown("deferred", await waits(deferring.port, turns), direct)
    each(deferring, used, turns, "turn")
    used = cpu(here)
    shown("here, with SQLite", await waits(here.port, turns))
    each(here, used, turns, "turn")
    late = await streams(upstream, count)
    shown(f"{count} streams, direct", late)
    used = cpu(deferring)
    shown(f"{count} streams, deferred", await streams(deferring.port, count), late)
    each(deferring, used, count * CHUNKS, "chunk")


def cpu(server: Served) -> float:
    """Seconds of CPU that its process has used."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def each(server: Served, before: float, count: int, what: str) -> None:
    print(f"{'':22} {(cpu(server) - before) / count * 1e6:,.0f} us of CPU a {what}", flush=True)


async def upstream(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    read.add_argument("--turns", type=int, default=2_000)
    read.add_argument("--streams", type=int, default=200)
    read.add_argument("--upstream", type=int, help="be the upstream, on this port")
    given = read.parse_args()
    if given.upstream:
        uvloop.run(upstream(given.upstream))
        return
    folder, port = Path(tempfile.mkdtemp()), free_port()
    command = [sys.executable, "-m", "benchmarks.service.cascade", "--upstream", str(port)]
    process = subprocess.Popen(command)
    try:
        servers = []
        for name, sure_from in (("deferring", 1.1), ("here", 0.0)):
            policy(0, sure_from=sure_from, units=256).save(folder / name)
            store, url = f"sqlite:{folder / name}.db", f"http://127.0.0.1:{port}"
            servers.append(
                Served(folder / name, folder / "log", store=store, upstream=url, record=True)
            )
        with servers[0], servers[1]:
            uvloop.run(measure(given.turns, given.streams, port, *servers))
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
