"""Events in one SQLite file: the default, with nothing to install or run.

A write-ahead log with `synchronous=FULL`, so a commit is on disk when it returns. One thread
writes, one reads; the writer commits whatever gathered while it was busy in one transaction. Two
processes may share the file on one machine.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cueline.errors import SettingsError
from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreUnavailableError,
)
from cueline.server.stores.base import DEADLINE, PAGE, Write, grouped, passed
from cueline.server.stores.group_commit import GroupCommit, Outcome

T = TypeVar("T")

LOCKED_FOR = DEADLINE / 2
"""Seconds to wait for another process that is writing."""
OLDEST, MARGIN = 1000, 300
"""Rows that are looked at, and those of them that are spared, when blank ones are deleted: more
than stand on the few pages that SQLite looks at when it deletes a row."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dialogue (
  id TEXT PRIMARY KEY, next INTEGER NOT NULL, touched REAL NOT NULL, user TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dialogue_user ON dialogue (user) WHERE user IS NOT NULL;
CREATE TABLE IF NOT EXISTS counter (erasures INTEGER NOT NULL, probes INTEGER NOT NULL);
INSERT INTO counter SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM counter);
CREATE TABLE IF NOT EXISTS clock (looked REAL NOT NULL, time REAL NOT NULL);
INSERT INTO clock SELECT {now}, {now} WHERE NOT EXISTS (SELECT * FROM clock);
CREATE TABLE IF NOT EXISTS event (
  dialogue TEXT NOT NULL, seq INTEGER NOT NULL, event BLOB NOT NULL, UNIQUE (dialogue, seq)
);
"""
_PLACES = """SELECT json_group_object(id, json_array(next, hex(substr(event, -64))))
  FROM dialogue JOIN event ON dialogue = id AND seq = next - 1
  WHERE id IN (SELECT value FROM json_each(?))"""
_MOVE = """INSERT INTO dialogue (id, next, touched, user) VALUES {rows}
  ON CONFLICT DO UPDATE SET next = excluded.next, touched = max(touched, excluded.touched)"""
# Rows without an event begin with "!", which no dialogue does.
_BLANK = "UPDATE event SET dialogue = ?, event = zeroblob(length(event)) WHERE dialogue = ?"
_ROOM = """SELECT coalesce((SELECT max(rowid) FROM event) - (SELECT min(rowid) FROM event), 0),
  (SELECT coalesce(sum(next), 0) FROM dialogue)"""
_OLDEST = "SELECT rowid, dialogue, seq, event FROM event ORDER BY rowid LIMIT ?"
_ADD = "INSERT INTO event (dialogue, seq, event) VALUES {rows}"


class _Connection:
    """A connection with a thread of its own; opened again after whatever went wrong with it."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._open: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` done in the thread. Raises `StoreUnavailableError` for whatever SQLite raises."""
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)
        try:
            return await asyncio.wait_for(done, DEADLINE)
        except TimeoutError:
            raise StoreUnavailableError(f"SQLite has not answered for {DEADLINE} s") from None

    def close(self) -> None:
        self._thread.submit(self._drop).result()
        self._thread.shutdown()

    def _guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._open is None:
                self._open, self._file = _connect(self._path), _identity(self._path)
            elif _identity(self._path) != self._file:
                raise sqlite3.OperationalError(f"{self._path} was deleted or replaced")
            return work(self._open)
        except (sqlite3.Error, OSError) as error:
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
    async def open(cls, path: str, create: bool) -> SqliteStore:
        """The store in the file `path`, made if it is not there and may be made."""
        if not create and not Path(path).is_file():
            raise SettingsError(f"--store: {path}: no such file")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not Path(path).exists():  # what users say is nobody else's to read
            os.close(os.open(path, os.O_CREAT, 0o600))
        store = cls(path)
        await store._writer.run(lambda db: db.executescript(_SCHEMA.format(now=time.time())))
        return store

    async def append(self, write: Write) -> None:
        """Add the event at its place; on disk when it returns."""
        await self._group.write(write)

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        # An event that someone wrote over by hand may have become text: bytes show what changed.
        query = """SELECT CAST(event AS BLOB) FROM event WHERE dialogue = ? AND seq >= ?
                   ORDER BY seq"""
        return await self._column(query, (dialogue, start))

    async def events_of(self, dialogues: Sequence[str]) -> list[list[bytes]]:
        """All events of each dialogue."""
        query = """SELECT dialogue, CAST(event AS BLOB) FROM event
                   WHERE dialogue IN (SELECT value FROM json_each(?)) ORDER BY dialogue, seq"""
        ids = json.dumps(dialogues)
        rows = await self._reader.run(lambda db: db.execute(query, (ids,)).fetchall())
        return grouped(dialogues, rows)

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        where = "id > ?" if user is None else "id > ? AND user = ?"
        query = f"SELECT id FROM dialogue WHERE {where} ORDER BY id LIMIT {PAGE}"
        return await self._column(query, (after,) if user is None else (after, user))

    async def erase(self, dialogue: str) -> bool:
        """Erase the dialogue, overwriting what it was, in the log too."""
        return bool(await self._writer.run(lambda db: _erase(db, dialogue)))

    async def tick(self) -> None:
        """Look at the clock, and give back the room of what was erased."""
        await self._writer.run(_tick)
        while await self._reader.run(_mostly_blank) and await self._writer.run(_reclaim):
            pass

    async def expire(self, quiet: float) -> list[str]:
        """Erase dialogues that have been quiet."""
        return await self._writer.run(lambda db: _expire(db, _now(db) - quiet))

    async def count(self, quiet: float | None = None) -> int:
        """How many dialogues there are."""

        def counted(db: sqlite3.Connection) -> int:
            before = math.inf if quiet is None else _now(db) - quiet
            query = "SELECT count(*) FROM dialogue WHERE touched < ?"
            return int(db.execute(query, (before,)).fetchone()[0])

        return await self._reader.run(counted)

    async def erasures(self) -> int:
        """How many there were."""
        return int((await self._column("SELECT erasures FROM counter", ()))[0])

    async def check(self) -> None:
        """Write something that no one reads; what changes nothing SQLite would not write."""
        await self._writer.run(_probe)

    async def close(self) -> None:
        """Finish writing and close the file."""
        await self._group.close()
        self._writer.close()
        self._reader.close()

    async def _column(self, query: str, values: Sequence[object]) -> list[Any]:
        return await self._reader.run(lambda db: [row[0] for row in db.execute(query, values)])


def _connect(path: str) -> sqlite3.Connection:
    # Never made anew: a file that is gone while the service runs is an error, not an empty store.
    uri = f"{Path(path).absolute().as_uri()}?mode=rw"
    db = sqlite3.connect(uri, uri=True, timeout=LOCKED_FOR, isolation_level=None)
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
    found: dict[str, tuple[int, str]] = json.loads(db.execute(_PLACES, (ids,)).fetchone()[0])
    places = {id: (place, bytes.fromhex(ends)) for id, (place, ends) in found.items()}
    outcomes: list[Outcome] = []
    moved: dict[str, tuple[str, int, float, str | None]] = {}
    events, now = [], _now(db)
    for write in batch:
        place, ends = places.get(write.dialogue, (0, b""))
        if place == write.seq and (place == 0 or ends.endswith(write.follows)):
            places[write.dialogue] = place + 1, write.event
            user = moved[write.dialogue][3] if write.dialogue in moved else write.user
            moved[write.dialogue] = (write.dialogue, place + 1, now, user)
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


def _erase(db: sqlite3.Connection, dialogue: str) -> int:
    db.execute("BEGIN IMMEDIATE")
    erased = db.execute("DELETE FROM dialogue WHERE id = ?", (dialogue,)).rowcount
    _forget(db, [dialogue])
    return erased


def _expire(db: sqlite3.Connection, before: float) -> list[str]:
    query = "SELECT id FROM dialogue WHERE touched < ? LIMIT ?"
    old = [row[0] for row in db.execute(query, (before, PAGE))]
    # Looked at outside the transaction: whoever was touched since is spared below.
    db.execute("BEGIN IMMEDIATE")
    delete = "DELETE FROM dialogue WHERE id = ? AND touched < ?"
    gone = [id for id in old if db.execute(delete, (id, before)).rowcount]
    _forget(db, gone)
    return gone


def _forget(db: sqlite3.Connection, dialogues: Sequence[str]) -> None:
    """Erase the events of `dialogues`, and end the transaction.

    Their rows stay, as long as they were and blank. To delete them would have SQLite move rows
    from page to page, and where they were, what they say is left (`secure_delete` does not know of
    it) for the day that they are erased themselves.

    What was erased stands in the log until it is written over: it is emptied at once. Where
    another process is reading just then, the next erasure does so.
    """
    db.executemany(_BLANK, [(_blank(id), id) for id in dialogues])
    db.execute("UPDATE counter SET erasures = erasures + 1")
    db.execute("COMMIT")
    if dialogues:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _blank(dialogue: str) -> str:
    """An id that no dialogue has, as long as that of the `dialogue` whose rows are blank now."""
    return f"!{secrets.token_hex(len(dialogue))}"[: max(len(dialogue), 12)]


def _mostly_blank(db: sqlite3.Connection) -> bool:
    """Whether more rows are blank than hold an event, about; the oldest alone are ever deleted."""
    rows, events = db.execute(_ROOM).fetchone()
    return bool(rows > 2 * (events + OLDEST))


def _reclaim(db: sqlite3.Connection) -> bool:
    """Delete the oldest rows; False where there are too few.

    Events among them are written anew at the end, as every event is: there SQLite moves none. The
    last of the rows stay, so that what it moves where others are deleted is blank.
    """
    db.execute("BEGIN IMMEDIATE")
    oldest = db.execute(_OLDEST, (OLDEST,)).fetchall()
    if len(oldest) == OLDEST:
        for _, dialogue, seq, event in oldest:
            if not dialogue.startswith("!"):
                db.execute(f"{_BLANK} AND seq = ?", (_blank(dialogue), dialogue, seq))
                db.execute(_ADD.format(rows="(?, ?, ?)"), (dialogue, seq, event))
        db.execute("DELETE FROM event WHERE rowid <= ?", (oldest[-MARGIN][0],))
    db.execute("COMMIT")
    return len(oldest) == OLDEST


def _now(db: sqlite3.Connection) -> float:
    looked, time_then = db.execute("SELECT looked, time FROM clock").fetchone()
    return float(time_then + passed(looked, time.time()))


def _tick(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE clock SET time = ?, looked = ?", (_now(db), time.time()))
    db.execute("COMMIT")


def _probe(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE counter SET probes = probes + 1")
    db.execute("COMMIT")


def _identity(path: str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino
