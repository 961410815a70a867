"""The watch of each policy's promise, and its audits in the store: all servers see the same.

The audits of a policy are events of a dialogue without turns, whose id follows from the policy and
the risk promised. A server takes them in in the order in which they are stored, its own too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from typing import Any

from cueline.server.domain.risk_watch import RiskWatch
from cueline.server.domain.watch_history import WatchHistory, WatchPoint
from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreUnavailableError,
)
from cueline.server.events import (
    Answered,
    Asked,
    Audited,
    AuditedTurn,
    Opened,
    decode,
    head_of,
    seal,
    tail_of,
)
from cueline.server.stores.base import Store, Write

log = logging.getLogger("cueline.server")

LOOK = 1.0
"""Seconds between looks at what other servers have audited."""
WAITING = 10_000
"""Audits that may wait for the store; of more, the first are lost."""
QUESTIONS = 100
"""Turns that may wait for a person; while they do, no more are asked."""


class PolicyWatch:
    """The watch of one policy, up to the events that this server has seen."""

    def __init__(self, store: Store, policy: str, promised: float) -> None:
        self._store, self._policy, self._promised = store, policy, promised
        digest = blake2b(f"audits\n{policy}\n{promised}".encode(), digest_size=12).digest()
        self.dialogue = urlsafe_b64encode(digest).decode()
        self._lock = asyncio.Lock()
        self._waiting: list[AuditedTurn] = []
        self._sent = "", 0
        """The hash of the event that was sent last, and how many of those that wait are in it."""
        self._begin()

    def _begin(self) -> None:
        self.watch, self.history = RiskWatch(self._promised), WatchHistory()
        self._seq, self._head = 0, ""
        self.questions: dict[int, Asked] = {}
        """Turns that wait for a person, by the `seq` of the event that asks, in order."""

    async def put(self, event: Asked | Answered) -> bool:
        """Store `event`; False where its question is answered already.

        Raises `StoreUnavailableError`.
        """
        async with self._lock:
            while True:
                await self._read()
                if isinstance(event, Answered) and event.question not in self.questions:
                    return False
                if self._seq == 0:
                    await self._append(seal(Opened(time.time(), self._policy)))
                elif await self._append(seal(event, self._head)):
                    return True

    def add(self, turn: AuditedTurn) -> None:
        """Have `turn` stored with the next ones."""
        self._waiting = [*self._waiting[1 - WAITING :], turn]

    async def store(self) -> None:
        """Store what waits. Raises `StoreUnavailableError`; then it still waits."""
        async with self._lock:
            while self._waiting:
                await self._read()
                if self._seq == 0:
                    await self._append(seal(Opened(time.time(), self._policy)))
                elif turns := self._waiting:  # else they were stored, as reading has shown
                    body = seal(Audited(time.time(), turns), self._head)
                    self._sent = head_of(body), len(turns)
                    await self._append(body)

    async def read(self) -> None:
        """Take in what others have audited. Raises `StoreUnavailableError`."""
        async with self._lock:
            await self._read()

    async def _read(self) -> None:
        events = await self._store.events(self.dialogue, max(self._seq - 1, 0))
        if self._seq and (not events or head_of(events[0]) != self._head):
            self._begin()  # erased, and maybe begun again: so is what was known
            events = await self._store.events(self.dialogue)
            self._take(events)
        else:
            self._take(events[1:] if self._seq else events)

    async def _append(self, body: bytes) -> bool:
        """Store the next event and take it in, if nobody else was faster."""
        follows = tail_of(self._head) if self._seq else b""
        write = Write(self.dialogue, self._seq, body, follows=follows)
        try:
            await self._store.append(write)
        except (SequenceConflictError, DialogueNotFoundError):
            return False
        self._take([body])
        return True

    def _take(self, events: list[bytes]) -> None:
        for event in events:
            found = decode(event)
            if isinstance(found, Audited):
                for turn in found.turns:
                    self._audited(turn, found.at)
            elif isinstance(found, Asked):
                self.questions[self._seq] = found
            elif isinstance(found, Answered):
                asked = self.questions.pop(found.question)
                if found.wrong is not None:
                    self._audited(AuditedTurn(asked.confidence, found.wrong), found.at)
            self._seq, self._head = self._seq + 1, head_of(event)
            if self._head == self._sent[0]:  # though the store may have said nothing of it
                self._waiting = self._waiting[self._sent[1] :]

    def _audited(self, turn: AuditedTurn, at: float) -> None:
        self.watch.audited(turn.confidence, turn.wrong)
        self.history.add(self.watch, at)


class Watches:
    """The watches of all policies that were asked after."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._watches: dict[tuple[str, float], PolicyWatch] = {}
        self._looked: dict[PolicyWatch, float] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def of(self, policy: str, promised: float) -> RiskWatch:
        """The watch of `policy`, at most some time behind what other servers know.

        While the store cannot be read, it is as it was known last; at first it knows nothing.
        """
        found = self._found(policy, promised)
        if found not in self._looked:
            self._looked[found] = self._clock()
            await self._quietly(found.read())
        elif self._clock() - self._looked[found] > LOOK:
            self._looked[found] = self._clock()
            self._start(self._quietly(found.read()))
        return found.watch

    def history(self, policy: str, promised: float) -> list[WatchPoint]:
        """What was known of `policy` so far, as this server has seen it."""
        return self._found(policy, promised).history.points

    def audited(self, policy: str, promised: float, turn: AuditedTurn) -> None:
        """Store an audit, and take it in once it is."""
        found = self._found(policy, promised)
        found.add(turn)
        self._start(self._quietly(found.store()))

    def ask(self, policy: str, promised: float, asked: Asked) -> None:
        """Have a person say whether a turn is right, if not too many wait for one."""
        found = self._found(policy, promised)
        if len(found.questions) < QUESTIONS:
            self._start(self._quietly(found.put(asked)))

    async def questions(self, policy: str, promised: float) -> dict[int, Asked]:
        """What waits for a person, the first first. Raises `StoreUnavailableError`."""
        found = self._found(policy, promised)
        await found.read()
        return found.questions

    async def answer(self, policy: str, promised: float, answered: Answered) -> bool:
        """Take in what a person says; False where somebody has said it already.

        Raises `StoreUnavailableError`.
        """
        return await self._found(policy, promised).put(answered)

    async def finish(self) -> None:
        """Wait until all is stored that was to be."""
        await asyncio.gather(*self._running)

    def _found(self, policy: str, promised: float) -> PolicyWatch:
        key = policy, promised
        if key not in self._watches:
            self._watches[key] = PolicyWatch(self._store, policy, promised)
        return self._watches[key]

    async def _quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except StoreUnavailableError as error:
            log.error("audits wait for the store: %s", error)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
