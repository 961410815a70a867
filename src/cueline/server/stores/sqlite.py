"""Events in one SQLite file: the default, with nothing to install or run.

A write-ahead log with `synchronous=FULL`, so a commit is on disk when it returns. One thread
writes, one reads; the writer commits whatever gathered while it was busy in one transaction. Two
processes may share the file on one machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreUnavailableError,
)
from cueline.server.stores.base import PAGE, Write
from cueline.server.stores.group_commit import GroupCommit, Outcome

T = TypeVar("T")

LOCKED_FOR = 10.0
"""Seconds to wait for another process that is writing."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dialogue (
  id TEXT PRIMARY KEY, next INTEGER NOT NULL, touched REAL NOT NULL, user TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dialogue_user ON dialogue (user) WHERE user IS NOT NULL;
CREATE TABLE IF NOT EXISTS event (
  dialogue TEXT NOT NULL, seq INTEGER NOT NULL, event BLOB NOT NULL, UNIQUE (dialogue, seq)
);
"""
_PLACES = """SELECT json_group_object(id, next) FROM dialogue
  WHERE id IN (SELECT value FROM json_each(?))"""
_MOVE = """INSERT INTO dialogue (id, next, touched, user) VALUES {rows}
  ON CONFLICT DO UPDATE SET next = excluded.next, touched = excluded.touched"""
_ADD = "INSERT INTO event (dialogue, seq, event) VALUES {rows}"


class _Connection:
    """A connection with a thread of its own; opened again after whatever went wrong with it."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._open: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` done in the thread. Raises `StoreUnavailableError` for whatever SQLite raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def close(self) -> None:
        self._thread.submit(self._drop).result()
        self._thread.shutdown()

    def _guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._open is None:
                self._open = _connect(self._path)
            return work(self._open)
        except sqlite3.Error as error:
            self._drop()
            raise StoreUnavailableError(f"SQLite cannot go on: {error}") from error

    def _drop(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()  # what was not committed is rolled back


class SqliteStore:
    """Two tables: a row for each dialogue with its next free place, and the events."""

    def __init__(self, path: str) -> None:
        self._writer = _Connection(path, "sqlite-writer")
        self._reader = _Connection(path, "sqlite-reader")
        self._group = GroupCommit(lambda batch: self._writer.run(lambda db: _commit(db, batch)))

    @classmethod
    async def open(cls, path: str) -> SqliteStore:
        """The store in the file `path`, made if it is not there."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not Path(path).exists():  # what users say is nobody else's to read
            os.close(os.open(path, os.O_CREAT, 0o600))
        store = cls(path)
        await store._writer.run(lambda db: db.executescript(_SCHEMA))
        return store

    async def append(self, write: Write) -> None:
        """Add the event at its place; on disk when it returns."""
        await self._group.write(write)

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        query = "SELECT event FROM event WHERE dialogue = ? AND seq >= ? ORDER BY seq"
        return await self._column(query, (dialogue, start))

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        where = "id > ?" if user is None else "id > ? AND user = ?"
        query = f"SELECT id FROM dialogue WHERE {where} ORDER BY id LIMIT {PAGE}"
        return await self._column(query, (after,) if user is None else (after, user))

    async def erase(self, dialogue: str) -> bool:
        """Erase the dialogue, overwriting what it was."""
        return bool(await self._writer.run(lambda db: _erase(db, [dialogue])))

    async def expire(self, before: float) -> list[str]:
        """Erase dialogues that have been quiet."""
        return await self._writer.run(lambda db: _expire(db, before))

    async def count(self) -> int:
        """How many dialogues there are."""
        return int((await self._column("SELECT count(*) FROM dialogue", ()))[0])

    async def close(self) -> None:
        """Finish writing and close the file."""
        await self._group.close()
        self._writer.close()
        self._reader.close()

    async def _column(self, query: str, values: Sequence[object]) -> list[Any]:
        return await self._reader.run(lambda db: [row[0] for row in db.execute(query, values)])


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=LOCKED_FOR, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    return db


def _commit(db: sqlite3.Connection, batch: Sequence[Write]) -> list[Outcome]:
    """Add what is in its place: with three statements in all, not for each write.

    After every row of every statement this thread must wait to be let on by the busy one that
    answers the requests.
    """
    db.execute("BEGIN IMMEDIATE")
    ids = json.dumps([write.dialogue for write in batch])
    places: dict[str, int] = json.loads(db.execute(_PLACES, (ids,)).fetchone()[0])
    outcomes: list[Outcome] = []
    moved: dict[str, tuple[str, int, float, str | None]] = {}
    events = []
    for write in batch:
        place = places.get(write.dialogue, 0)
        if place == write.seq:
            places[write.dialogue] = place + 1
            user = moved[write.dialogue][3] if write.dialogue in moved else write.user
            moved[write.dialogue] = (write.dialogue, place + 1, write.at, user)
            events.append((write.dialogue, write.seq, write.event))
            outcomes.append(None)
        else:
            outcomes.append(
                SequenceConflictError(write.dialogue)
                if place
                else DialogueNotFoundError(write.dialogue)
            )
    if events:
        _insert(db, _MOVE, list(moved.values()))
        _insert(db, _ADD, events)
    db.execute("COMMIT")
    return outcomes


def _insert(db: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    marks = f"({', '.join('?' * len(rows[0]))})"
    values = [value for row in rows for value in row]
    db.execute(statement.format(rows=", ".join([marks] * len(rows))), values)


def _erase(db: sqlite3.Connection, dialogues: Sequence[str]) -> int:
    db.execute("BEGIN IMMEDIATE")
    ids = [(dialogue,) for dialogue in dialogues]
    db.executemany("DELETE FROM event WHERE dialogue = ?", ids)
    erased = db.executemany("DELETE FROM dialogue WHERE id = ?", ids).rowcount
    db.execute("COMMIT")
    return erased


def _expire(db: sqlite3.Connection, before: float) -> list[str]:
    query = "SELECT id FROM dialogue WHERE touched < ? LIMIT ?"
    old = [row[0] for row in db.execute(query, (before, PAGE))]
    # Looked at outside the transaction: whoever was touched since is spared below.
    db.execute("BEGIN IMMEDIATE")
    gone = [
        id
        for id in old
        if db.execute("DELETE FROM dialogue WHERE id = ? AND touched < ?", (id, before)).rowcount
    ]
    db.executemany("DELETE FROM event WHERE dialogue = ?", [(id,) for id in gone])
    db.execute("COMMIT")
    return gone
