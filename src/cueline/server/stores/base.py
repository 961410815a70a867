"""What a store must do: the protocol of the stores in memory, SQLite, PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import NamedTuple, Protocol

PAGE = 500
"""Dialogues named at a time."""
TOGETHER = 16
"""Dialogues read at a time: by a call each one would mostly wait for the store."""
DEADLINE = 5.0
"""Seconds after which a call to a store is given up: it may have happened, or not."""

LEAP = 86_400.0
"""Seconds that dialogues grow older by, at the most, between two looks at the clock.

Where the clock went on further, it was set wrong, or set right again, or no server ran meanwhile.
"""


def passed(looked: float, now: float) -> float:
    """The seconds between two times that a clock showed: not below 0 and not above `LEAP`."""
    return min(max(now - looked, 0.0), LEAP)


class Write(NamedTuple):
    """An event on its way to its place; at place 0 it opens the dialogue."""

    dialogue: str
    seq: int
    event: bytes
    user: str | None = None
    """Whose dialogue it is; only looked at when it opens."""
    follows: bytes = b""
    """What the event at the place before must end with: a dialogue may have been erased and opened
    again under the same id, and be as long as it was."""


class Store(Protocol):
    """Lists of events, one list a dialogue.

    The store's own clock says how old dialogues are: `tick` looks at it now and then, and what has
    `passed` since counts.
    Every method raises `StoreUnavailableError` where the store cannot be reached, cannot write, or
    does not answer within `DEADLINE`.
    """

    async def append(self, write: Write) -> None:
        """Return once the event is at its place for good, as safe as the store makes it.

        Raises `SequenceConflictError` if the place is taken, or is not the next one, or the event
        before is another, and
        `DialogueNotFoundError` for a dialogue that is not there. After `StoreUnavailableError`, the
        event may be there or not.
        """

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from place `start` on, in order; none for a dialogue that is not there."""

    async def events_of(self, dialogues: Sequence[str]) -> list[list[bytes]]:
        """All events of each dialogue, in one call; none for one that is not there."""

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next `PAGE` dialogues in the order of their ids; of one user, if given."""

    async def erase(self, dialogue: str) -> bool:
        """Erase all events of the dialogue; whether there were any."""

    async def tick(self) -> None:
        """Look at the clock, so that time goes on; far more often than every `LEAP`."""

    async def expire(self, quiet: float) -> list[str]:
        """Erase up to `PAGE` dialogues without an event for `quiet` seconds; return their ids."""

    async def count(self, quiet: float | None = None) -> int:
        """How many dialogues there are; of those that `expire` would erase, if `quiet` is given."""

    async def erasures(self) -> int:
        """A number that grows whenever anything is erased: what is kept of it elsewhere must go."""

    async def check(self) -> None:
        """Return if an event could be stored now."""

    async def close(self) -> None:
        """Let go of files and connections."""


async def every(store: Store, user: str | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Every dialogue of the store, or of one user, with its events."""
    after = ""
    while page := await store.page(after, user):
        for first in range(0, len(page), TOGETHER):
            some = page[first : first + TOGETHER]
            for dialogue, events in zip(some, await store.events_of(some), strict=True):
                if events:  # else it was erased meanwhile
                    yield dialogue, events
                    await asyncio.sleep(0)  # others get their turn between two dialogues
        after = page[-1]


def grouped(dialogues: Sequence[str], rows: Iterable[tuple[str, bytes]]) -> list[list[bytes]]:
    """The events of each of the `dialogues`, from rows that name the dialogue."""
    found: dict[str, list[bytes]] = {dialogue: [] for dialogue in dialogues}
    for dialogue, event in rows:
        found[dialogue].append(event)
    return list(found.values())
