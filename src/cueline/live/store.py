"""Where events are kept: the protocol that memory, SQLite, PostgreSQL and Redis stand behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from cueline.errors import SettingsError

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

    Every method raises `Unavailable` where the store cannot be reached or cannot write.
    """

    async def append(self, write: Write) -> None:
        """Return once the event is at its place for good, as safe as the store makes it.

        Raises `Moved` if the place is taken or not the next one, and `NoSuchDialogue` for a
        dialogue that is not there. After `Unavailable`, the event may be there or not.
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


async def open_store(url: str) -> Store:
    """The store named by `url`.

    `memory:`, `sqlite:PATH` (`sqlite:///abs/path` and `sqlite:rel/path`),
    `postgresql://user@host/database`, `redis://host:6379/0`.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        from cueline.live.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "sqlite":
        from cueline.live.stores.sqlite import SqliteStore

        return await SqliteStore.open(_path(url))
    if scheme in ("postgresql", "postgres"):
        from cueline.live.stores.postgres import PostgresStore

        return await PostgresStore.open(url)
    if scheme in ("redis", "rediss", "unix"):
        from cueline.live.stores.redis import RedisStore

        return await RedisStore.open(url)
    raise SettingsError(
        f"--store: {scheme or url} is no store; give memory:, sqlite:FILE, postgresql://... or "
        "redis://..."
    )


def _path(url: str) -> str:
    rest = url.removeprefix("sqlite:")
    path = rest[2:] if rest.startswith("//") else rest
    if not path:
        raise SettingsError("--store: sqlite: needs a file, as in sqlite:dialogues.db")
    return path
