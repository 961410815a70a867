"""Events in memory: for trying out and for tests; gone when the process ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cueline.server.errors import DialogueNotFoundError, SequenceConflictError
from cueline.server.stores.base import PAGE, Write, passed


@dataclass(slots=True)
class _Events:
    user: str | None
    touched: float
    events: list[bytes] = field(default_factory=list)


class MemoryStore:
    """A dictionary of lists."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._looked = self._time = clock()
        self._dialogues: dict[str, _Events] = {}
        self._erasures = 0

    async def append(self, write: Write) -> None:
        """Add the event at its place."""
        stored = self._dialogues.get(write.dialogue)
        if stored is None:
            if write.seq > 0:
                raise DialogueNotFoundError(write.dialogue)
            stored = self._dialogues[write.dialogue] = _Events(write.user, self._now())
        if len(stored.events) != write.seq or not _follows(write, stored.events):
            raise SequenceConflictError(write.dialogue)
        stored.events.append(write.event)
        stored.touched = max(stored.touched, self._now())

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        stored = self._dialogues.get(dialogue)
        return [] if stored is None else stored.events[start:]

    async def events_of(self, dialogues: Sequence[str]) -> list[list[bytes]]:
        """All events of each dialogue."""
        return [await self.events(dialogue) for dialogue in dialogues]

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        found = (
            dialogue
            for dialogue, stored in self._dialogues.items()
            if dialogue > after and (user is None or stored.user == user)
        )
        return sorted(found)[:PAGE]

    async def erase(self, dialogue: str) -> bool:
        """Forget the dialogue."""
        self._erasures += 1
        return self._dialogues.pop(dialogue, None) is not None

    async def tick(self) -> None:
        """Look at the clock."""
        now = self._clock()
        self._time, self._looked = self._time + passed(self._looked, now), now

    async def expire(self, quiet: float) -> list[str]:
        """Forget dialogues that have been quiet."""
        gone = self._quiet(quiet)[:PAGE]
        self._erasures += len(gone)
        for dialogue in gone:
            del self._dialogues[dialogue]
        return gone

    async def count(self, quiet: float | None = None) -> int:
        """How many dialogues there are."""
        return len(self._dialogues) if quiet is None else len(self._quiet(quiet))

    async def erasures(self) -> int:
        """How many there were."""
        return self._erasures

    async def check(self) -> None:
        """There is always room."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _now(self) -> float:
        return self._time + passed(self._looked, self._clock())

    def _quiet(self, quiet: float) -> list[str]:
        before = self._now() - quiet
        return [name for name, stored in self._dialogues.items() if stored.touched < before]


def _follows(write: Write, events: list[bytes]) -> bool:
    return not events or events[-1].endswith(write.follows)
