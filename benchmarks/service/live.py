"""Load on the live service, client included: turns a second, waiting times, memory.

    make demo                                         a policy to serve, in `policy`
    python -m benchmarks.service.live                         10 s on each store that is here
    python -m benchmarks.service.live --rate 1500             the same, at a given rate
    python -m benchmarks.service.live --store sqlite --turns 1000000 --cached 10000
    python -m benchmarks.service.live --store sqlite --open 100000 --servers 1

The servers, one for each core, are processes of their own with durable commits on one store; the
client is this process. A dialogue stays with one of them, as a proxy in front would have it, though
any can go on with it. Each of the dialogues sends its next turn when the last one is answered; with
`--rate`, when it is due.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import uvloop
from tests.server.servers import Postgres, Redis, folder
from tests.server.serving import Served

from cueline.corpus import read_all
from cueline.server.domain.sessions import CACHED

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
    dialogues = read_all([Path("examples/test.jsonl")])
    said = [{"user": t.user, "features": t.features} for d in dialogues for t in d.turns]
    return [msgspec.json.encode(each) for each in said]


class Load:
    """What the dialogues together have done so far."""

    def __init__(self, seconds: float, turns: int, every: float) -> None:
        self.turns, self.every = turns, every
        self.until = time.perf_counter() + seconds
        self.waits: list[float] = []
        self._bodies = itertools.cycle(bodies())

    async def talk(self, server: Served, ids: Iterator[str] | None) -> None:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(Connection, "127.0.0.1", server.port)
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


class Pressed(NamedTuple):
    """What came of pressing servers."""

    rate: float
    """Turns a second."""
    waits: np.ndarray
    """Of each turn, in ms."""
    cpu: float
    """Seconds of the servers for one turn."""


async def press(
    servers: Sequence[Served],
    dialogues: int,
    seconds: float,
    turns: int = 1 << 60,
    opened: int = 0,
    rate: float = 0.0,
) -> Pressed:
    ids = None
    if opened:
        ids = itertools.cycle(await open_many(servers[0], opened, dialogues))
        print(f"  {opened:,} dialogues open; {memory(servers)}")
    every = dialogues / rate if rate else 0.0
    load, began, used = Load(seconds, turns, every), time.perf_counter(), cpu(servers)
    shared = itertools.cycle(servers)
    talks = [asyncio.create_task(load.talk(next(shared), ids)) for _ in range(dialogues)]
    reporter = asyncio.create_task(report_memory(load, servers))
    await asyncio.gather(*talks)
    reporter.cancel()
    took = time.perf_counter() - began
    waits = np.array(load.waits) * 1000
    return Pressed(len(waits) / took, waits, (cpu(servers) - used) / len(waits))


async def open_many(server: Served, count: int, at_once: int) -> list[str]:
    ids: list[str] = []

    async def some() -> None:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(Connection, "127.0.0.1", server.port)
        while len(ids) < count:
            ids.append(await line.open())

    await asyncio.gather(*(some() for _ in range(at_once)))
    return ids


async def report_memory(load: Load, servers: Sequence[Served]) -> None:
    for mark in itertools.count(1):
        while len(load.waits) < mark * 100_000:
            await asyncio.sleep(0.5)
        print(f"  {len(load.waits):,} turns; {memory(servers)}", flush=True)


def memory(servers: Sequence[Served]) -> str:
    """Of each server."""
    statuses = [Path(f"/proc/{each.process.pid}/status").read_text() for each in servers]
    sizes = [int(status.partition("VmRSS:")[2].split()[0]) / 1024 for status in statuses]
    return " + ".join(f"{size:.0f}" for size in sizes) + " MiB"


def cpu(servers: Sequence[Served]) -> float:
    """Seconds, of all servers together."""
    used = 0
    for each in servers:
        stat = Path(f"/proc/{each.process.pid}/stat").read_text().rpartition(")")[2].split()
        used += int(stat[11]) + int(stat[12])
    return used / os.sysconf("SC_CLK_TCK")


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
    parser.add_argument("--servers", type=int, default=2, help="on one store; memory has one")
    parser.add_argument("--turns", type=int, default=0, help="this many, however long it takes")
    parser.add_argument("--cached", type=int, default=CACHED, help="states a server may keep")
    parser.add_argument("--open", type=int, default=0, help="dialogues open, taking turns")
    parser.add_argument("--rate", type=float, default=0, help="turns a second, not all there are")
    asked = parser.parse_args()
    seconds, turns = (1e9, asked.turns) if asked.turns else (asked.seconds, 1 << 60)
    for name in asked.store:
        where = Path(tempfile.mkdtemp())
        print(name, flush=True)
        count = 1 if name == "memory" else asked.servers
        with store(name, where) as url, contextlib.ExitStack() as stack:
            config = where / "config.toml"
            config.write_text(f"cached = {asked.cached}\n")
            options = {"store": url, "config": config}
            each = (Served(asked.policy, where / "log", **options) for _ in range(count))
            servers = [stack.enter_context(server) for server in each]
            work = press(servers, asked.dialogues, seconds, turns, asked.open, asked.rate)
            rate, waits, used = uvloop.run(work)
            p50, p99, p999 = np.percentile(waits, [50, 99, 99.9])
            print(
                f"  {rate:,.0f} turns/s at {asked.dialogues} dialogues; p50 {p50:.1f} ms, "
                f"p99 {p99:.1f} ms, p99.9 {p999:.1f} ms, most {waits.max():.1f} ms; server CPU "
                f"{used * 1e6:.0f} us a turn; {memory(servers)}"
            )
        shutil.rmtree(where)


if __name__ == "__main__":
    main()
