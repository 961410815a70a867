"""Group commit: writes that arrive while another is being made durable go together in one.

One flush to disk takes about as long for a hundred events as for one. So while one batch is being
written, the next gathers; nobody waits for a timer, and under load the batches grow by themselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from cueline.server.errors import StoreError, StoreUnavailableError
from cueline.server.stores.base import Write

MAX_BATCH = 256
"""Writes in one batch."""

Outcome = StoreError | None
Commit = Callable[[Sequence[Write]], Awaitable[Sequence[Outcome]]]


class GroupCommit:
    """Hands writes to `commit` in batches, one batch at a time, in order of arrival."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: deque[tuple[Write, asyncio.Future[None]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> None:
        """Return once the batch with `write` in it is committed; raise what became of it."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((write, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        await done

    async def close(self) -> None:
        """Wait for what is still being written."""
        if self._worker is not None:
            await self._worker

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # whoever is ready to write now goes with this batch
            size = min(len(self._waiting), MAX_BATCH)
            await self._write([self._waiting.popleft() for _ in range(size)])

    async def _write(self, batch: Sequence[tuple[Write, asyncio.Future[None]]]) -> None:
        stopped = StoreUnavailableError("the store stopped before it had written")
        outcomes: Sequence[Outcome] = [stopped] * len(batch)
        try:
            outcomes = await self._commit([write for write, _ in batch])
        except StoreUnavailableError as error:
            outcomes = [error] * len(batch)
        finally:
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if done.done():  # the caller has gone
                    continue
                if outcome is None:
                    done.set_result(None)
                else:
                    done.set_exception(outcome)
