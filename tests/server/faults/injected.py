"""The faults by name: each holds while its context is open, and has been mended when that ends."""

from __future__ import annotations

import asyncio
import errno
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, TypeVar

from tests.server.faults.preload import Preload
from tests.server.faults.proxy import Proxy
from tests.server.faults.rig import Rig
from tests.server.serving import Served

T = TypeVar("T")
HOUR = 3600.0
Inject = Callable[[Rig], AbstractAsyncContextManager[None]]


class Fault(NamedTuple):
    """A kind of fault, and where it makes sense."""

    inject: Inject
    tries: int
    """In a full campaign."""
    stores: Sequence[str] = ("memory", "sqlite", "postgres", "redis")
    longest: float = 1.0
    """Seconds that it lasts at the most."""


@asynccontextmanager
async def kill_servers(rig: Rig) -> AsyncIterator[None]:
    """One, or all at once; each is started again, as its keeper would."""
    killed = _some(rig, rig.servers)
    for server in killed:
        _send(server, signal.SIGKILL)
    yield
    for server in killed:
        await asyncio.to_thread(server.process.wait)  # type: ignore[union-attr]
        server.start(wait=False)


@asynccontextmanager
async def kill_store(rig: Rig) -> AsyncIterator[None]:
    assert rig.database is not None
    await asyncio.to_thread(rig.database.kill)
    yield
    await asyncio.to_thread(rig.database.start)


@asynccontextmanager
async def pause_servers(rig: Rig) -> AsyncIterator[None]:
    paused = _some(rig, rig.servers)
    for server in paused:
        _send(server, signal.SIGSTOP)
    yield
    for server in paused:
        _send(server, signal.SIGCONT)


@asynccontextmanager
async def pause_store(rig: Rig) -> AsyncIterator[None]:
    """The store's processes stand still; with SQLite, another process keeps the file locked."""
    if rig.database is None:
        lock = sqlite3.connect(rig.file, timeout=30, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.rollback()
        lock.close()
        return
    rig.database.send(signal.SIGSTOP)
    yield
    rig.database.send(signal.SIGCONT)


def wrong_clock(sign: int) -> Inject:
    @asynccontextmanager
    async def inject(rig: Rig) -> AsyncIterator[None]:
        """From an hour to ten years: the clock of a server, of the store, or of all."""
        ahead = sign * HOUR * rig.dice.choice((1, 40 * 24, 400 * 24, 4000 * 24))
        clocks: Sequence[Preload] = _some(rig, rig.clocks)
        for clock in clocks:
            clock.clock(ahead)
        yield
        for clock in clocks:
            clock.clock(0)

    return inject


@asynccontextmanager
async def cut(rig: Rig) -> AsyncIterator[None]:
    """Connections are reset, again and again, and for a while there are no new ones."""
    proxies = _some(rig, _lines(rig))
    for proxy in proxies:
        proxy.cut()
        proxy.closed = rig.dice.random() < 0.5
    yield
    for proxy in proxies:
        proxy.closed = False
        proxy.cut()


@asynccontextmanager
async def lost_answers(rig: Rig) -> AsyncIterator[None]:
    """What is asked for is done, but nobody hears of it before the line is cut."""
    proxies = _some(rig, _lines(rig))
    for proxy in proxies:
        proxy.hold("back")
    yield
    for proxy in proxies:
        proxy.cut()
        proxy.let_go()


@asynccontextmanager
async def half_open(rig: Rig) -> AsyncIterator[None]:
    """The connections of now stay open for good, and nothing comes through; new ones are well."""
    for proxy in _some(rig, _lines(rig)):
        proxy.deafen()
    yield


@asynccontextmanager
async def held(rig: Rig) -> AsyncIterator[None]:
    """Nothing comes through, and then all of it at once."""
    proxies, ways = _some(rig, _lines(rig)), _some(rig, ("there", "back"))
    for proxy in proxies:
        proxy.hold(*ways)
    yield
    for proxy in proxies:
        proxy.let_go()


@asynccontextmanager
async def late(rig: Rig) -> AsyncIterator[None]:
    """Everything takes longer, each time differently long: answers overtake each other."""
    proxies = _some(rig, _lines(rig))
    for proxy in proxies:
        proxy.late = {"there": rig.dice.uniform(0, 0.3), "back": rig.dice.uniform(0, 0.3)}
    yield
    for proxy in proxies:
        proxy.late = {"there": 0.0, "back": 0.0}


def broken_disk(error: int) -> Inject:
    @asynccontextmanager
    async def inject(rig: Rig) -> AsyncIterator[None]:
        """A store that ends because of it is started again, as its keeper would."""
        assert rig.disk is not None
        rig.disk.disk(error)
        yield
        rig.disk.disk(0)
        if rig.database is not None:
            await asyncio.to_thread(rig.database.keep)

    return inject


_KEPT, _SERVED = ("sqlite", "postgres", "redis"), ("postgres", "redis")
_LONG = 7.0
"""Longer than a call to a store may take."""
FAULTS: dict[str, Fault] = {
    "server killed": Fault(kill_servers, 200, _KEPT, 0.3),
    "store killed": Fault(kill_store, 50, _SERVED),
    "server paused": Fault(pause_servers, 50, longest=3.0),
    "store paused": Fault(pause_store, 50, _KEPT, _LONG),
    "clock ahead": Fault(wrong_clock(1), 20, longest=3.0),
    "clock behind": Fault(wrong_clock(-1), 20, longest=3.0),
    "connections cut": Fault(cut, 50),
    "answers lost": Fault(lost_answers, 50),
    "half-open": Fault(half_open, 50),
    "line held": Fault(held, 50, longest=_LONG),
    "answers late": Fault(late, 50, longest=3.0),
    "disk full": Fault(broken_disk(errno.ENOSPC), 20, _KEPT, 3.0),
    "I/O errors": Fault(broken_disk(errno.EIO), 20, _KEPT),
}


def _lines(rig: Rig) -> Sequence[Proxy]:
    """Those to the store, where it is behind lines; else those to the clients."""
    return rig.backs or rig.fronts


def _some(rig: Rig, them: Sequence[T]) -> list[T]:
    """At least one, often all."""
    if rig.dice.random() < 0.4:
        return list(them)
    return rig.dice.sample(them, rig.dice.randint(1, len(them)))


def _send(server: Served, how: signal.Signals) -> None:
    assert server.process is not None
    server.process.send_signal(how)
