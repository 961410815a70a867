"""Load on the live service, client included: turns a second, waiting times, memory.

    make demo                                         a policy to serve, in `policy`
    python -m benchmarks.live                         10 s on each store that is here
    python -m benchmarks.live --rate 1500             the same, at a given rate
    python -m benchmarks.live --store sqlite --turns 1000000
    python -m benchmarks.live --store sqlite --open 100000

The server is a process of its own with durable commits; the client is this process. Each of the
dialogues sends its next turn when the last one is answered; with `--rate`, when it is due.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import uvloop
from tests.live.servers import Postgres, Redis, folder
from tests.live.serving import Served

from cueline.corpus import load

TURNS = 20
"""Turns of a dialogue, after which another begins."""


class Connection(asyncio.Protocol):
    """One kept-alive connection with one request at a time on it."""

    def __init__(self) -> None:
        self._buffer, self._need = b"", -1
        self._done: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._need < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            self._need = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) >= self._need:
            answer, self._buffer, self._need = self._buffer, b"", -1
            self._done.set_result(answer)

    async def post(self, path: str, body: bytes, key: str = "") -> bytes:
        self._done = asyncio.get_running_loop().create_future()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self._done
        if not answer.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(answer.decode())
        return answer

    async def open(self) -> str:
        answer = await self.post("/v1/dialogues", b"")
        return str(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])


def bodies() -> list[bytes]:
    """What users say in the example corpus, and what is known there."""
    dialogues = load([Path("examples/test.jsonl")])
    said = [{"user": t.user, "features": t.features} for d in dialogues for t in d.turns]
    return [msgspec.json.encode(each) for each in said]


class Load:
    """What the dialogues together have done so far."""

    def __init__(self, server: Served, seconds: float, turns: int, every: float) -> None:
        self.server, self.turns, self.every = server, turns, every
        self.until = time.perf_counter() + seconds
        self.waits: list[float] = []
        self._bodies = itertools.cycle(bodies())

    async def talk(self, ids: Iterator[str] | None) -> None:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(Connection, "127.0.0.1", self.server.port)
        path, due = "", time.perf_counter() + random.random() * self.every
        for turn in itertools.count():
            if self.every:  # waiting counts from when a turn was due, not from when it got away
                await asyncio.sleep(due - time.perf_counter())
            if ids is not None:
                path = f"/v1/dialogues/{next(ids)}/turns"
            elif turn % TURNS == 0:
                path = f"/v1/dialogues/{await line.open()}/turns"
            began = due if self.every else time.perf_counter()
            due += self.every
            if began > self.until or len(self.waits) >= self.turns:
                return
            await line.post(path, next(self._bodies), f"{turn}")
            self.waits.append(time.perf_counter() - began)


async def press(
    server: Served, dialogues: int, seconds: float, turns: int, opened: int, rate: float
) -> None:
    ids = None
    if opened:
        ids = itertools.cycle(await open_many(server, opened, dialogues))
        print(f"  {opened:,} dialogues open; {memory(server)}")
    every = dialogues / rate if rate else 0.0
    load, began, used = Load(server, seconds, turns, every), time.perf_counter(), cpu(server)
    talks = [asyncio.create_task(load.talk(ids)) for _ in range(dialogues)]
    reporter = asyncio.create_task(report_memory(load))
    await asyncio.gather(*talks)
    reporter.cancel()
    took = time.perf_counter() - began
    waits = np.array(load.waits) * 1000
    p50, p99, p999 = np.percentile(waits, [50, 99, 99.9])
    print(
        f"  {len(waits) / took:,.0f} turns/s at {dialogues} dialogues; p50 {p50:.1f} ms, "
        f"p99 {p99:.1f} ms, p99.9 {p999:.1f} ms, most {waits.max():.1f} ms; "
        f"server CPU {(cpu(server) - used) / len(waits) * 1e6:.0f} us a turn; {memory(server)}"
    )


async def open_many(server: Served, count: int, at_once: int) -> list[str]:
    ids: list[str] = []

    async def some() -> None:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(Connection, "127.0.0.1", server.port)
        while len(ids) < count:
            ids.append(await line.open())

    await asyncio.gather(*(some() for _ in range(at_once)))
    return ids


async def report_memory(load: Load) -> None:
    for mark in itertools.count(1):
        while len(load.waits) < mark * 100_000:
            await asyncio.sleep(0.5)
        print(f"  {len(load.waits):,} turns; {memory(load.server)}", flush=True)


def memory(server: Served) -> str:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return f"{int(status.partition('VmRSS:')[2].split()[0]) / 1024:.0f} MiB"


def cpu(server: Served) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextlib.contextmanager
def store(name: str, where: Path) -> Iterator[str]:
    if name == "memory":
        yield "memory:"
    elif name == "sqlite":
        yield f"sqlite:{where / 'dialogues.db'}"
    else:
        server = (Postgres if name == "postgres" else Redis)(folder())
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
            shutil.rmtree(server.folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policy", type=Path, nargs="?", default=Path("policy"))
    parser.add_argument("--store", nargs="*", default=["memory", "sqlite", "postgres", "redis"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--dialogues", type=int, default=64)
    parser.add_argument("--turns", type=int, default=0, help="this many, however long it takes")
    parser.add_argument("--open", type=int, default=0, help="dialogues open, taking turns")
    parser.add_argument("--rate", type=float, default=0, help="turns a second, not all there are")
    asked = parser.parse_args()
    seconds, turns = (1e9, asked.turns) if asked.turns else (asked.seconds, 1 << 60)
    for name in asked.store:
        where = Path(tempfile.mkdtemp())
        print(name, flush=True)
        with (
            store(name, where) as url,
            Served(asked.policy, where / "log", store=url) as server,
        ):
            uvloop.run(press(server, asked.dialogues, seconds, turns, asked.open, asked.rate))
        shutil.rmtree(where)


if __name__ == "__main__":
    main()
