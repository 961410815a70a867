"""Watchers of a dialogue get each event as it is stored, and never hold a turn up."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from cueline.server.errors import CapacityError

BEHIND = 256
"""Events a watcher may be behind before it has to begin again from the store."""

Seen = tuple[int, bytes] | None
"""An event and its place; None once the dialogue is gone."""


class Watchers:
    """The open streams of this process, by dialogue."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._queues: defaultdict[str, set[asyncio.Queue[Seen]]] = defaultdict(set)

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self._queues.values()))

    @contextmanager
    def watch(self, dialogue: str) -> Iterator[asyncio.Queue[Seen]]:
        """The dialogue's events from now on. Raises `CapacityError`."""
        if len(self) >= self._most:
            raise CapacityError(f"{self._most} watchers are watching, as many as may")
        queue: asyncio.Queue[Seen] = asyncio.Queue(BEHIND)
        self._queues[dialogue].add(queue)
        try:
            yield queue
        finally:
            self._queues[dialogue].discard(queue)
            if not self._queues[dialogue]:
                del self._queues[dialogue]

    def publish(self, dialogue: str, seq: int, event: bytes) -> None:
        """Tell whoever watches; one that is too far behind misses it and finds it in the store."""
        for queue in self._queues.get(dialogue, ()):
            if not queue.full():
                queue.put_nowait((seq, event))

    def close(self, dialogue: str) -> None:
        """The dialogue is gone: every stream of it ends."""
        for queue in self._queues.get(dialogue, ()):
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def close_all(self) -> None:
        """The service ends: every stream does."""
        for dialogue in list(self._queues):
            self.close(dialogue)
