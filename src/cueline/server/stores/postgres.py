"""Events in PostgreSQL: for several servers, and for backups and queries you already have.

Writes that gather while one is under way go in one statement, so one round trip and one commit
carry them all. A lost connection is opened again at the next call.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreUnavailableError,
)
from cueline.server.stores.base import DEADLINE, LEAP, PAGE, Write, grouped
from cueline.server.stores.group_commit import GroupCommit, Outcome

_CLOCK = "extract(epoch FROM clock_timestamp())::float8"
_NOW = f"""(SELECT time + least(greatest({_CLOCK} - looked, 0), {LEAP})
  FROM cueline_clock)"""
_TICK = f"UPDATE cueline_clock SET time = {_NOW}, looked = {_CLOCK}"
_COUNT = f"""SELECT count(*) FROM cueline_dialogue
  WHERE %s::float8 IS NULL OR touched < {_NOW} - %s::float8"""
_ERASE = """WITH gone AS ({}), counted AS (UPDATE cueline_erasure SET count = count + 1)
  SELECT id FROM gone"""
_PROBE = "UPDATE cueline_erasure SET count = count"
_TIMEOUTS = f"SET statement_timeout = '{DEADLINE / 2} s'; SET lock_timeout = '{DEADLINE / 4} s'"
_PLANNED_ONCE = "SET plan_cache_mode = force_generic_plan"
"""For the writer: a few events are added in less time than PostgreSQL takes to plan how."""
_SCHEMA = f"""
SELECT pg_advisory_xact_lock(20250607);
CREATE TABLE IF NOT EXISTS cueline_dialogue (
  id text COLLATE "C" PRIMARY KEY, next integer NOT NULL, touched double precision NOT NULL,
  "user" text
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS cueline_dialogue_user ON cueline_dialogue ("user", id)
  WHERE "user" IS NOT NULL;
CREATE TABLE IF NOT EXISTS cueline_erasure (count bigint NOT NULL);
INSERT INTO cueline_erasure SELECT 0 WHERE NOT EXISTS (SELECT * FROM cueline_erasure);
CREATE TABLE IF NOT EXISTS cueline_clock (
  looked double precision NOT NULL, time double precision NOT NULL
);
INSERT INTO cueline_clock SELECT {_CLOCK}, {_CLOCK} WHERE NOT EXISTS (SELECT * FROM cueline_clock);
CREATE TABLE IF NOT EXISTS cueline_event (
  dialogue text COLLATE "C" NOT NULL REFERENCES cueline_dialogue ON DELETE CASCADE,
  seq integer NOT NULL, event bytea NOT NULL, PRIMARY KEY (dialogue, seq)
);
"""

# Rows are locked in one order everywhere, so that two servers never wait for each other: what is
# opened, then what goes on, each by id. Arrays go in binary (%b): as text, each byte of an event is
# two digits to write and to read. What comes back are the writes that were refused, and whether
# their dialogue is there.
_WRITE = f"""
WITH sent AS (
  SELECT * FROM unnest(%b::int[], %b::text[], %b::int[], %b::bytea[], %b::text[], %b::bytea[])
    AS s (n, dialogue, seq, event, "user", follows)
), opened AS (
  INSERT INTO cueline_dialogue (id, next, touched, "user")
  SELECT dialogue, 1, {_NOW}, "user" FROM sent WHERE seq = 0 ORDER BY dialogue
  ON CONFLICT DO NOTHING RETURNING id
), found AS (
  SELECT id, next,
    (SELECT event FROM cueline_event WHERE dialogue = id AND seq = next - 1) AS last
  FROM cueline_dialogue
  WHERE (SELECT count(*) FROM opened) >= 0 AND id IN (SELECT dialogue FROM sent WHERE seq > 0)
  ORDER BY id FOR UPDATE
), moved AS (
  UPDATE cueline_dialogue d SET next = d.next + 1, touched = greatest(touched, {_NOW})
  FROM sent s JOIN found f ON f.id = s.dialogue AND f.next = s.seq
    AND substring(f.last FROM length(f.last) - length(s.follows) + 1) = s.follows
  WHERE d.id = s.dialogue RETURNING d.id
), taken AS (
  SELECT id FROM opened UNION ALL SELECT id FROM moved
), added AS (
  INSERT INTO cueline_event (dialogue, seq, event)
  SELECT dialogue, seq, event FROM sent JOIN taken ON id = dialogue
)
SELECT s.n, s.seq = 0 OR f.id IS NOT NULL
FROM sent s LEFT JOIN taken t ON t.id = s.dialogue LEFT JOIN found f ON f.id = s.dialogue
WHERE t.id IS NULL
"""


@dataclass
class _Line:
    """The way to the server, which connections share."""

    broke: float = 0.0
    """When one of them last broke: those from before are not waited for, each for its deadline."""


class _Connection:
    """One connection, used by one call at a time, opened again after whatever broke it."""

    def __init__(self, url: str, line: _Line, settings: str = _TIMEOUTS) -> None:
        self._url, self._line, self._settings = url, line, settings
        self._lock = asyncio.Lock()
        self._open: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._since = 0.0

    async def run(
        self, query: str, values: Sequence[object] | None = None, *, again: bool = False
    ) -> list[tuple[Any, ...]]:
        """Run `query`, a transaction of its own, and return its rows.

        `again`: once more, where the connection was found broken. Not for writes: what was sent may
        have been done.
        """
        async with self._locked():
            try:
                return await self._in_time(query, values)
            except (psycopg.Error, OSError) as error:
                broken = self._open is None or self._open.closed or self._open.broken
                if broken:
                    self._line.broke = time.monotonic()
                    await self._drop()
                if not (broken and again):
                    what = str(error).strip().splitlines() or [type(error).__name__]
                    raise StoreUnavailableError(f"PostgreSQL cannot go on: {what[0]}") from error
        return await self.run(query, values)

    async def close(self) -> None:
        async with self._lock:
            await self._drop()

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """Alone with the connection; whoever is before is not waited for without end."""
        try:
            await asyncio.wait_for(self._lock.acquire(), DEADLINE)
        except TimeoutError:
            raise StoreUnavailableError("PostgreSQL is busy with others") from None
        try:
            yield
        finally:
            self._lock.release()

    async def _in_time(self, query: str, values: Sequence[object] | None) -> list[tuple[Any, ...]]:
        """`_run` within the deadline.

        The call is not cancelled: psycopg would ask the server to give up and wait for its answer.
        The connection is cut instead, and the call ends by itself.
        """
        running = asyncio.ensure_future(self._run(query, values))
        try:
            done, _ = await asyncio.wait({running}, timeout=DEADLINE)
        except asyncio.CancelledError:
            self._cut()
            await asyncio.gather(running, return_exceptions=True)
            raise
        if not done:
            self._cut()
            await asyncio.gather(running, return_exceptions=True)
            raise OSError(f"no answer for {DEADLINE} s")
        return running.result()

    def _cut(self) -> None:
        if self._open is not None and not self._open.closed:
            with socket.socket(fileno=os.dup(self._open.fileno())) as cut, suppress(OSError):
                cut.shutdown(socket.SHUT_RDWR)

    async def _run(self, query: str, values: Sequence[object] | None) -> list[tuple[Any, ...]]:
        if self._open is None or self._open.closed or self._since < self._line.broke:
            await self._drop()
            self._since = time.monotonic()
            self._open = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5
            )
            await self._open.execute(self._settings)
        cursor = await self._open.execute(query, values)
        return await cursor.fetchall() if cursor.description else []

    async def _drop(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            await connection.close()


class PostgresStore:
    """Two tables: a row for each dialogue with its next free place, and the events."""

    def __init__(self, url: str) -> None:
        line = _Line()
        self._writer = _Connection(url, line, f"{_TIMEOUTS}; {_PLANNED_ONCE}")
        self._reader = _Connection(url, line)
        self._group = GroupCommit(self._commit)

    @classmethod
    async def open(cls, url: str, create: bool) -> PostgresStore:
        """The store in the database `url`; its tables are made if need be and if they may be."""
        store = cls(url)
        try:
            await (store._writer.run(_SCHEMA) if create else store.count())
        except StoreUnavailableError:
            await store.close()
            raise
        return store

    async def append(self, write: Write) -> None:
        """Add the event at its place; committed when it returns."""
        await self._group.write(write)

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        """The events from `start` on."""
        query = "SELECT event FROM cueline_event WHERE dialogue = %s AND seq >= %s ORDER BY seq"
        return [row[0] for row in await self._reader.run(query, (dialogue, start), again=True)]

    async def events_of(self, dialogues: Sequence[str]) -> list[list[bytes]]:
        """All events of each dialogue."""
        query = """SELECT dialogue, event FROM cueline_event WHERE dialogue = ANY(%s)
                   ORDER BY dialogue, seq"""
        rows = await self._reader.run(query, (list(dialogues),), again=True)
        return grouped(dialogues, ((dialogue, event) for dialogue, event in rows))

    async def page(self, after: str = "", user: str | None = None) -> list[str]:
        """The next dialogues."""
        query = """SELECT id FROM cueline_dialogue WHERE id > %s AND (%s::text IS NULL
                   OR "user" = %s) ORDER BY id LIMIT %s"""
        rows = await self._reader.run(query, (after, user, user, PAGE), again=True)
        return [row[0] for row in rows]

    async def erase(self, dialogue: str) -> bool:
        """Erase the dialogue."""
        query = _ERASE.format("DELETE FROM cueline_dialogue WHERE id = %s RETURNING id")
        return bool(await self._reader.run(query, (dialogue,)))

    async def tick(self) -> None:
        """Look at the clock."""
        await self._writer.run(_TICK)

    async def expire(self, quiet: float) -> list[str]:
        """Erase dialogues that have been quiet."""
        delete = f"""DELETE FROM cueline_dialogue WHERE id IN
                     (SELECT id FROM cueline_dialogue WHERE touched < {_NOW} - %s::float8
                      ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id"""
        return [row[0] for row in await self._reader.run(_ERASE.format(delete), (quiet, PAGE))]

    async def count(self, quiet: float | None = None) -> int:
        """How many dialogues there are."""
        rows = await self._reader.run(_COUNT, (quiet, quiet), again=True)
        return int(rows[0][0])

    async def erasures(self) -> int:
        """How many there were."""
        query = "SELECT count FROM cueline_erasure"
        return int((await self._reader.run(query, again=True))[0][0])

    async def check(self) -> None:
        """Write something, where it changes nothing."""
        await self._writer.run(_PROBE)

    async def close(self) -> None:
        """Finish writing and close the connections."""
        await self._group.close()
        await self._writer.close()
        await self._reader.close()

    async def _commit(self, batch: Sequence[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = [None] * len(batch)
        for numbers in _rounds(batch):
            fields = zip(*(batch[n] for n in numbers), strict=True)
            for n, there in await self._writer.run(_WRITE, [numbers, *map(list, fields)]):
                dialogue = batch[n].dialogue
                outcomes[n] = (
                    SequenceConflictError(dialogue) if there else DialogueNotFoundError(dialogue)
                )
        return outcomes


def _rounds(batch: Sequence[Write]) -> list[list[int]]:
    """The numbers of the writes that go in one statement: no two of them to the same dialogue.

    What one statement has stored it does not see itself.
    """
    rounds: list[list[int]] = []
    seen: Counter[str] = Counter()
    for n, write in enumerate(batch):
        if seen[write.dialogue] == len(rounds):
            rounds.append([])
        rounds[seen[write.dialogue]].append(n)
        seen[write.dialogue] += 1
    return rounds
