"""What a store must do: the protocol of the stores in memory, SQLite, PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

PAGE = 500
"""Dialogues named at a time."""


class Write(NamedTuple):
    """An event on its way to its place; at place 0 it opens the dialogue."""

    dialogue: str
    seq: int
    event: bytes
    at: float
    """When, in seconds since 1970: what expiry goes by."""
    user: str | None = None
    """Whose dialogue it is; only looked at when it opens."""


class Store(Protocol):
    """Lists of events, one list a dialogue.

    Every method raises `StoreUnavailableError` where the store cannot be reached or cannot write.
    """

    async def append(self, write: Write) -> None:
        """Return once the event is at its place for good, as safe as the store makes it.

        Raises `SequenceConflictError` if the place is taken or not the next one, and
        `DialogueNotFoundError` for a dialogue that is not there. After `StoreUnavailableError`, the
        event may be there or not.
        """

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from place `start` on, in order; none for a dialogue that is not there."""

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next `PAGE` dialogues in the order of their ids; of one user, if given."""

    async def erase(self, dialogue: str) -> bool:
        """Erase all events of the dialogue; whether there were any."""

    async def expire(self, before: float) -> list[str]:
        """Erase up to `PAGE` dialogues without an event since `before`; return their ids."""

    async def count(self) -> int:
        """How many dialogues there are."""

    async def close(self) -> None:
        """Let go of files and connections."""


async def every(store: Store, user: str | None = None) -> AsyncIterator[str]:
    """Every dialogue of the store, or of one user."""
    after = ""
    while page := await store.page(after, user):
        for dialogue in page:
            yield dialogue
        after = page[-1]
