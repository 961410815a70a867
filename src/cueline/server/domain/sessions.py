"""A turn at a time for any number of dialogues: load the state, decide, store, then answer.

What is in memory is a cache of the events and may be dropped at any moment. Another process may
have moved a dialogue on meanwhile; the store's next free place tells, and then it is read again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import msgspec

from cueline.server.domain.policies import Policies
from cueline.server.domain.session import (
    SHARE,
    Session,
    current,
    decide,
    rebuild,
    recorded,
)
from cueline.server.domain.state_replay import turns
from cueline.server.domain.subscriptions import Watchers
from cueline.server.errors import (
    CapacityError,
    DialogueNotFoundError,
    IdempotencyKeyReusedError,
    SequenceConflictError,
    StoreError,
    TurnConflictError,
    TurnNotFoundError,
)
from cueline.server.events import (
    Corrected,
    Event,
    Opened,
    Responded,
    Stepped,
    Withdrawn,
    decode,
    head_of,
    seal,
    tail_of,
)
from cueline.server.limits import Limits
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import Store, Write

log = logging.getLogger("cueline.server")
Remark = TypeVar("Remark", Corrected, Withdrawn)

FEW = 10
"""Dialogues that may expire at once, whatever share of all they are."""
CACHED = 100_000
"""Dialogues whose state is kept in memory, two kilobytes or so each."""


class StepResult(NamedTuple):
    """A turn's event, and whether it is that of an earlier request."""

    event: Stepped
    repeated: bool


@dataclass(slots=True)
class _Running:
    key: str | None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Sessions:
    """The dialogues of a store, as one process sees them."""

    def __init__(
        self,
        store: Store,
        policies: Policies,
        limits: Limits | None = None,
        *,
        clock: Callable[[], float] = time.time,
        cached: int = CACHED,
    ) -> None:
        self.store, self.policies, self.limits = store, policies, limits or Limits()
        self.watchers = Watchers(self.limits.watchers)
        self.dialogues = 0
        """In the store, as far as this process knows; counted anew at each `expire`."""
        self.expired = 0
        """Dialogues that this process has erased because they were quiet."""
        self._clock, self._cached = clock, cached
        self._cache: OrderedDict[str, Session] = OrderedDict()
        self._running: dict[str, _Running] = {}

    def __len__(self) -> int:
        """Dialogues in memory."""
        return len(self._cache)

    async def open(
        self, user: str | None = None, key: str | None = None, copy_of: str | None = None
    ) -> str:
        """Open a dialogue and return its id: 96 random bits, so nobody guesses it.

        With a `key`, which nobody else uses, the id follows from it, so that it is opened once
        however often it is asked for. Raises `IdempotencyKeyReusedError` where that was for another
        user.
        """
        dialogue = secrets.token_urlsafe(12) if key is None else _id_of(key)
        while True:
            if key is not None and (stored := await self.store.events(dialogue)):
                return _opened_before(dialogue, stored[0], user)
            if self.dialogues >= self.limits.dialogues:
                raise CapacityError(
                    f"{self.limits.dialogues} dialogues are open, as many as may; erase some"
                )
            body = seal(Opened(self._clock(), self.policies.current, user, copy_of))
            try:
                await self.store.append(Write(dialogue, 0, body, user))
            except SequenceConflictError:  # the same request at another server was faster
                continue
            self.dialogues += 1
            self._keep(dialogue, await rebuild([body], self.policies))
            return dialogue

    async def step(self, dialogue: str, request: StepRequest, key: str | None = None) -> StepResult:
        """Decide the next turn; return once it is stored.

        With a `key` that came before, the answer of then. Raises `TurnConflictError` where the
        turn is not the next one or lost to another of the same dialogue.
        """
        while (running := self._running.get(dialogue)) is not None:
            if key is None or running.key != key:
                raise TurnConflictError(
                    "another turn of this dialogue is being decided; wait for it"
                )
            await running.done.wait()
        running = self._running[dialogue] = _Running(key)
        try:
            return await self._step(dialogue, request, key)
        finally:
            del self._running[dialogue]
            running.done.set()

    async def fill(self, dialogue: str, requests: Sequence[StepRequest]) -> None:
        """Decide those of `requests`, the turns from the first on, that are not stored; store them.

        They go in one commit where the store can: a turn at a time costs one each. Whoever else
        fills the dialogue does the same, so it does not matter who was first.
        """
        if len(requests) > self.limits.turns:
            raise CapacityError(f"{len(requests)} turns are more than a dialogue may have")
        while (other := self._running.get(dialogue)) is not None:
            await other.done.wait()
        running = self._running[dialogue] = _Running(None)
        try:
            while not await self._filled(dialogue, requests):
                pass
        finally:
            del self._running[dialogue]
            running.done.set()

    async def correct(self, dialogue: str, correction: Corrected) -> Corrected:
        """Store what would have been right at a turn, now; what was decided there stays decided.

        With a key that came before, it is the correction of then.
        """
        return await self._remark(dialogue, msgspec.structs.replace(correction, at=self._clock()))

    async def withdraw(self, dialogue: str, gone: Withdrawn) -> Withdrawn:
        """Store that no correction of the turn so far counts any more."""
        return await self._remark(dialogue, msgspec.structs.replace(gone, at=self._clock()))

    async def _remark(self, dialogue: str, event: Remark) -> Remark:
        turn = event.turn
        while True:
            if event.key is not None and (same := await self._remarked(dialogue, event)):
                return same
            stale = self._has(dialogue)
            session = await self._load(dialogue)
            if 0 <= turn < session.turn:
                try:
                    head = await self._append(dialogue, session, event)
                except SequenceConflictError:
                    continue
                session.seq, session.head = session.seq + 1, head
                return event
            if not stale:
                raise TurnNotFoundError(f"no turn {turn}: the dialogue has {session.turn}")
            self._drop(dialogue)

    async def add(self, dialogue: str, event: Responded) -> None:
        """Store an event that no decision follows from."""
        while True:
            session = await self._load(dialogue)
            try:
                session.head = await self._append(dialogue, session, event)
            except SequenceConflictError:
                continue
            session.seq += 1
            return

    async def _remarked(self, dialogue: str, event: Remark) -> Remark | None:
        """The same remark, if it came before with its key."""
        for earlier in await self.events(dialogue):
            if not isinstance(earlier, Corrected | Withdrawn) or earlier.key != event.key:
                continue
            if msgspec.structs.replace(event, at=earlier.at) != earlier:
                raise IdempotencyKeyReusedError(
                    "this Idempotency-Key came before with a different correction"
                )
            return earlier  # it is equal to `event`
        return None

    async def record(self, dialogue: str, event: Stepped) -> None:
        """Store a turn that was decided and done elsewhere; `TurnConflictError` if not the next."""
        while True:
            stale = self._has(dialogue)
            session = await self._load(dialogue)
            if session.turn == event.turn:
                event, after = recorded(session, event)
                try:
                    after.head = await self._append(dialogue, session, event)
                except SequenceConflictError:
                    stale = True
                else:
                    self._keep(dialogue, after)
                    return
            if not stale:
                raise TurnConflictError(f"turn {event.turn} is not the next", session.turn)
            self._drop(dialogue)

    async def stored(self, dialogue: str) -> list[bytes]:
        """All events of a dialogue as they are stored."""
        stored = await self.store.events(dialogue)
        if not stored:
            self._drop(dialogue)
            raise DialogueNotFoundError(dialogue)
        return stored

    async def events(self, dialogue: str) -> list[Event]:
        """All events of a dialogue."""
        return [decode(event) for event in await self.stored(dialogue)]

    async def erase(self, dialogue: str) -> None:
        """Erase a dialogue, from memory too."""
        self._drop(dialogue)
        erased = await self.store.erase(dialogue)
        self.watchers.close(dialogue)
        if not erased:
            raise DialogueNotFoundError(dialogue)
        self.dialogues -= 1

    async def expire(self) -> int:
        """Erase the dialogues that were quiet for as long as they are kept; return how many.

        None are where that would be more than a sane share of all: a clock is likelier to be wrong.
        """
        count, ttl = 0, self.limits.ttl
        await self.store.tick()
        self.dialogues = await self.store.count()
        quiet, share = await self.store.count(ttl), self.limits.expire_share
        if quiet > max(FEW, share * self.dialogues):
            log.error(
                "%d of %d dialogues have been quiet for %g s, more than a share of %g: none is "
                "erased; look at the clocks, or set limits.expire_share",
                *(quiet, self.dialogues, ttl, share),
            )
            return 0
        while old := await self.store.expire(ttl):
            for dialogue in old:
                self._drop(dialogue)
                self.watchers.close(dialogue)
            count += len(old)
        if count:
            log.info("%d dialogues expired", count)
            self.expired += count
            self.dialogues = await self.store.count()
        return count

    async def _step(self, dialogue: str, request: StepRequest, key: str | None) -> StepResult:
        expected, stale = request.turn, self._has(dialogue)
        while True:
            session = await self._load(dialogue)
            if key is not None and hash(key) in session.keys:
                earlier = await self._earlier(dialogue, request, key)
                if earlier is not None:
                    return StepResult(earlier, repeated=True)
            problem = _out_of_order(request, expected, session)
            if problem is None:
                if session.turn >= self.limits.turns:
                    raise CapacityError(f"the dialogue has {session.turn} turns, as many as it may")
                event, after = decide(session, request, key, self._clock())
                try:
                    after.head = await self._append(dialogue, session, event)
                except SequenceConflictError:
                    # Who had just read it has lost a race. Whether to the same request, sent to
                    # another process, its key will tell; else the turn it was for is gone.
                    expected = expected if stale else session.turn
                else:
                    if key is not None:
                        after.keys.add(hash(key))
                    self._keep(dialogue, after)
                    return StepResult(event, repeated=False)
            elif not stale:
                raise problem
            self._drop(dialogue)
            stale = False

    async def _filled(self, dialogue: str, requests: Sequence[StepRequest]) -> bool:
        """Store the turns that are not yet; whether no other process was storing some meanwhile."""
        stored = await self.stored(dialogue)
        session = self._cache[dialogue] if self._has(dialogue) else None
        if session is None or session.head != head_of(stored[-1]):
            session = await rebuild(stored, self.policies)
        after, events = session, []
        for number, request in enumerate(requests[session.turn :], start=1):
            event, after = decide(after, request, None, self._clock())
            events.append(event)
            if number % SHARE == 0:
                await asyncio.sleep(0)
        try:
            after.head = await self._append(dialogue, session, *events)
        except SequenceConflictError:
            return False
        self._keep(dialogue, after)
        return True

    async def _append(
        self,
        dialogue: str,
        session: Session,
        *events: Stepped | Corrected | Withdrawn | Responded,
    ) -> str:
        """Store the events that follow `session`, in order; return the hash of the last.

        All are handed to the store at once, so that they may go in one commit.
        """
        head, writes = session.head, []
        for seq, event in enumerate(events, start=session.seq):
            writes.append(Write(dialogue, seq, seal(event, head), follows=tail_of(head)))
            head = head_of(writes[-1].event)
        try:
            await _each([self.store.append(write) for write in writes])
        except StoreError:
            self._drop(dialogue)  # what the store has is not, or may not be, what memory has
            raise
        for write in writes:
            self.watchers.publish(dialogue, write.seq, write.event)
        return head

    async def _earlier(self, dialogue: str, request: StepRequest, key: str) -> Stepped | None:
        for event in turns(await self.events(dialogue)):
            if event.key == key:
                if event.digest != request.digest():
                    raise IdempotencyKeyReusedError(
                        "this Idempotency-Key came before with a different turn"
                    )
                return event
        return None

    def _has(self, dialogue: str) -> bool:
        session = self._cache.get(dialogue)
        return session is not None and current(session, self.policies)

    async def _load(self, dialogue: str) -> Session:
        if self._has(dialogue):
            self._cache.move_to_end(dialogue)
            return self._cache[dialogue]
        session = await rebuild(await self.stored(dialogue), self.policies)
        self._keep(dialogue, session)
        return session

    def _keep(self, dialogue: str, session: Session) -> None:
        self._cache[dialogue] = session
        self._cache.move_to_end(dialogue)
        if len(self._cache) > self._cached:
            self._cache.popitem(last=False)

    def _drop(self, dialogue: str) -> None:
        self._cache.pop(dialogue, None)


async def _each(calls: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Begin `calls` in order, await all of them, and raise the first error."""
    if len(calls) == 1:  # a turn: no task is made for it
        await calls[0]
        return
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if outcome is not None:
            raise outcome


def _id_of(key: str) -> str:
    return urlsafe_b64encode(sha256(key.encode()).digest()[:12]).decode()


def _opened_before(dialogue: str, opening: bytes, user: str | None) -> str:
    event = decode(opening)
    if not isinstance(event, Opened) or event.user != user:
        raise IdempotencyKeyReusedError("this Idempotency-Key came before for another user")
    return dialogue


def _out_of_order(
    request: StepRequest, expected: int | None, session: Session
) -> TurnConflictError | None:
    if expected not in (None, session.turn):
        return TurnConflictError(f"turn {expected} is not the next", session.turn)
    if request.took is not None and session.turn == 0:
        return TurnConflictError("$.took: there is no turn before the first; leave it out", 0)
    return None
