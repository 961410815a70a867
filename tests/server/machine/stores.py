"""The four stores: opened by several servers, emptied, searched, and their clocks put forward."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Protocol

import psycopg
import redis

from cueline.server.stores.base import Store
from cueline.server.stores.memory import MemoryStore
from cueline.server.stores.open import open_store


class Shelf(Protocol):
    """A store that begins empty."""

    async def open(self) -> Store:
        """The store, as one more server opens it."""

    def put_forward(self, seconds: float) -> None:
        """Let time pass on the store's clock, which is to say: let its dialogues be older."""

    def leap(self, seconds: float) -> None:
        """Set the store's clock forward, or back."""

    def files(self) -> bytes:
        """All that lies on disk, where no word of what was erased may be left."""

    def close(self) -> None: ...


class MemoryShelf:
    def __init__(self) -> None:
        self._store = MemoryStore()

    async def open(self) -> Store:
        return self._store

    def put_forward(self, seconds: float) -> None:
        for stored in self._store._dialogues.values():
            stored.touched -= seconds

    def leap(self, seconds: float) -> None:
        self._store._looked -= seconds

    def files(self) -> bytes:
        return b""

    def close(self) -> None: ...


class SqliteShelf:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cueline-machine-"))
        self._file = self._folder / "dialogues.db"

    async def open(self) -> Store:
        return await open_store(f"sqlite:{self._file}")

    def put_forward(self, seconds: float) -> None:
        self._tell("UPDATE dialogue SET touched = touched - ?", seconds)

    def leap(self, seconds: float) -> None:
        self._tell("UPDATE clock SET looked = looked - ?", seconds)

    def files(self) -> bytes:
        return b"".join(path.read_bytes() for path in self._folder.iterdir())

    def close(self) -> None:
        shutil.rmtree(self._folder)

    def _tell(self, statement: str, value: float) -> None:
        db = sqlite3.connect(self._file)
        with db:
            db.execute(statement, (value,))
        db.close()


class PostgresShelf:
    def __init__(self, url: str) -> None:
        self._url = url
        self._tell("TRUNCATE cueline_dialogue, cueline_event", absent=psycopg.errors.UndefinedTable)

    async def open(self) -> Store:
        return await open_store(self._url)

    def put_forward(self, seconds: float) -> None:
        self._tell(f"UPDATE cueline_dialogue SET touched = touched - {seconds}")

    def leap(self, seconds: float) -> None:
        self._tell(f"UPDATE cueline_clock SET looked = looked - {seconds}")

    def files(self) -> bytes:
        return b""  # dead rows stay until they are vacuumed, as the docs say

    def close(self) -> None: ...

    def _tell(self, statement: str, absent: type[Exception] | tuple[()] = ()) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            try:
                connection.execute(statement)
            except absent:
                return


class RedisShelf:
    def __init__(self, url: str) -> None:
        self._url = url
        with redis.Redis.from_url(url) as client:
            client.flushdb()

    async def open(self) -> Store:
        return await open_store(self._url)

    def put_forward(self, seconds: float) -> None:
        with redis.Redis.from_url(self._url) as client:
            for dialogue in client.zrange("cueline:touched", 0, -1):
                client.zincrby("cueline:touched", -seconds, dialogue)

    def leap(self, seconds: float) -> None:
        with redis.Redis.from_url(self._url) as client:
            client.hincrbyfloat("cueline:clock", "looked", -seconds)

    def files(self) -> bytes:
        return b""  # the append-only file keeps it until it is rewritten, as the docs say

    def close(self) -> None: ...
