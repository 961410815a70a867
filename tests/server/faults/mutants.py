"""Servers that break a promise, each in its own way, that a campaign has to find out."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from cueline.server.domain.sessions import Sessions
from cueline.server.events import Stepped
from cueline.server.stores import base, memory, sqlite
from cueline.server.stores.sqlite import SqliteStore


def answers_before_the_commit() -> None:
    append, waiting = SqliteStore.append, set()

    async def early(self: SqliteStore, write: base.Write) -> None:
        await asyncio.sleep(0.002)
        task = asyncio.create_task(late(self, write))
        waiting.add(task)

    async def late(self: SqliteStore, write: base.Write) -> None:
        await asyncio.sleep(0.05)
        await append(self, write)

    SqliteStore.append = early  # type: ignore[method-assign]


def forgets_keys() -> None:
    async def none(self: Sessions, *_: Any) -> Stepped | None:
        return None

    Sessions._earlier = none  # type: ignore[method-assign, assignment]


def goes_by_the_wall_clock() -> None:
    sqlite._now = lambda db: time.time()
    memory.MemoryStore._now = lambda self: self._clock()  # type: ignore[method-assign]


def keeps_what_was_erased() -> None:
    async def erased(self: SqliteStore, dialogue: str) -> bool:
        return True

    SqliteStore.erase = erased  # type: ignore[method-assign]
