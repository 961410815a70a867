"""Events in memory: for trying out and for tests; gone when the process ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from cueline.server.errors import DialogueNotFoundError, SequenceConflictError
from cueline.server.stores.base import PAGE, Write


@dataclass(slots=True)
class _Kept:
    user: str | None
    touched: float
    events: list[bytes] = field(default_factory=list)


class MemoryStore:
    """A dictionary of lists."""

    def __init__(self) -> None:
        self._dialogues: dict[str, _Kept] = {}

    async def append(self, write: Write) -> None:
        """Add the event at its place."""
        kept = self._dialogues.get(write.dialogue)
        if kept is None:
            if write.seq > 0:
                raise DialogueNotFoundError(write.dialogue)
            kept = self._dialogues[write.dialogue] = _Kept(write.user, write.at)
        if len(kept.events) != write.seq:
            raise SequenceConflictError(write.dialogue)
        kept.events.append(write.event)
        kept.touched = write.at

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        kept = self._dialogues.get(dialogue)
        return [] if kept is None else kept.events[start:]

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        found = (
            dialogue
            for dialogue, kept in self._dialogues.items()
            if dialogue > after and (user is None or kept.user == user)
        )
        return sorted(found)[:PAGE]

    async def erase(self, dialogue: str) -> bool:
        """Forget the dialogue."""
        return self._dialogues.pop(dialogue, None) is not None

    async def expire(self, before: float) -> list[str]:
        """Forget dialogues that have been quiet."""
        old = [dialogue for dialogue, kept in self._dialogues.items() if kept.touched < before]
        for dialogue in old[:PAGE]:
            del self._dialogues[dialogue]
        return old[:PAGE]

    async def count(self) -> int:
        """How many dialogues there are."""
        return len(self._dialogues)

    async def close(self) -> None:
        """Nothing to let go of."""
