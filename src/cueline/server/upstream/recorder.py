"""Turns of agents as events of the store: a request has all of its dialogue, an event one turn.

Requests say nothing of which dialogue they go on with, so that is known from what was said and done
in it so far. Where several began alike, any of them may be gone on with: they are the same up to
there. After a restart, or at another server, a dialogue is begun anew, with all of its turns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from cueline.dialogue import Turn
from cueline.errors import CuelineError
from cueline.policy import Decision, Policy
from cueline.server.domain.session import SHARE
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import DialogueNotFoundError, StoreError
from cueline.server.events import Done, Stepped
from cueline.server.upstream.own_answer import OwnAnswer

log = logging.getLogger("cueline.server")

KNOWN = 100_000
"""Dialogues that are found again; the ones that were quiet longest are begun anew."""
WAITING = 10_000
"""Turns that may wait for the store; more are lost, and counted."""
By = Literal["policy", "upstream", "caller"]


class StoredTurn(NamedTuple):
    """Where a turn is stored."""

    dialogue: str
    turn: int


@dataclass(eq=False, slots=True)
class _Recorded:
    """A dialogue of the store."""

    user: str | None
    dialogue: str | None = None
    turns: int = 0
    lost: bool = False
    """Whether a turn of it could not be stored: nothing may follow, and it is begun anew."""
    erased: bool = False
    """It is not to come back."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Recorder:
    """Stores what agents were answered, in order within a dialogue."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._by_history: OrderedDict[bytes, list[_Recorded]] = OrderedDict()
        self._running: set[asyncio.Task[StoredTurn | None]] = set()
        self.stored, self.lost = 0, 0
        """Turns."""

    def record(
        self, caller: str, ours: OwnAnswer, done: Turn, by: By
    ) -> asyncio.Task[StoredTurn | None] | None:
        """Store the turn that `ours` was decided at, and that `done` is what was done at it.

        The task is over once it is stored, and gives None if it cannot be.
        """
        if len(self._running) >= WAITING:
            self.lost += 1
            return None
        *past, last = ours.turns
        whose = caller, ours.user
        recorded = self._take(_key(whose, past)) if past else None
        if recorded is not None and recorded.lost:
            recorded = None
        whole = recorded is None
        recorded = recorded or _Recorded(ours.user)
        made = replace(last, actions=done.actions, arguments=done.arguments, system=done.system)
        self._put(_key(whose, [*past, made]), recorded)
        event = _event(ours.policy, last, ours.decided, _done(made), by)
        event = replace(event, audited=by == "upstream" and len(ours.calls) > 0)
        return self._start(self._store(recorded, past if whole else (), event))

    async def finish(self) -> None:
        """Wait until all is stored that was to be."""
        await asyncio.gather(*self._running)

    async def _store(
        self, recorded: _Recorded, past: Sequence[Turn], event: Stepped
    ) -> StoredTurn | None:
        async with recorded.lock:
            if recorded.erased:
                return None
            try:
                if recorded.lost:
                    raise StoreError("the turn before is not stored either")
                place = await self._append(recorded, past, event)
                self.stored += 1
                return place
            except DialogueNotFoundError:
                recorded.erased = True
            except CuelineError as error:
                recorded.lost = True
                self.lost += 1
                log.error("a turn of an agent is not stored: %s", error)
            return None

    async def _append(
        self, recorded: _Recorded, past: Sequence[Turn], event: Stepped
    ) -> StoredTurn:
        if recorded.dialogue is None:
            recorded.dialogue = await self._sessions.open(recorded.user)
            policy = self._sessions.policies[event.policy]
            for count, before in enumerate(_decided(policy, past), start=1):
                await self._sessions.record(recorded.dialogue, replace(before, turn=count - 1))
                recorded.turns = count
                if count % SHARE == 0:
                    await asyncio.sleep(0)
        await self._sessions.record(recorded.dialogue, replace(event, turn=recorded.turns))
        recorded.turns += 1
        return StoredTurn(recorded.dialogue, recorded.turns - 1)

    def _take(self, key: bytes) -> _Recorded | None:
        alike = self._by_history.get(key)
        if alike is None:
            return None
        found = alike.pop()
        if not alike:
            del self._by_history[key]
        return found

    def _put(self, key: bytes, recorded: _Recorded) -> None:
        self._by_history.setdefault(key, []).append(recorded)
        self._by_history.move_to_end(key)
        if len(self._by_history) > KNOWN:
            self._by_history.popitem(last=False)

    def _start(
        self, work: Coroutine[Any, Any, StoredTurn | None]
    ) -> asyncio.Task[StoredTurn | None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _key(whose: tuple[str, str | None], turns: Sequence[Turn]) -> bytes:
    """A hash of a dialogue so far: what was known, said and done, but not what else was offered."""
    digest = blake2b(msgspec.json.encode(whose), digest_size=16)
    for turn in turns:
        digest.update(msgspec.json.encode(replace(turn, available=None), order="sorted"))
    return digest.digest()


def _decided(policy: Policy, past: Sequence[Turn]) -> Iterator[Stepped]:
    """Turns that a request brings along, decided again."""
    state = policy.start()
    for turn in past:
        decision, state = policy.act(turn, state)
        yield _event(policy.hash, turn, decision, _done(turn), "caller")


def _done(turn: Turn) -> Done:
    return Done(turn.actions or (), turn.arguments, turn.system)


def _event(policy: str, turn: Turn, decision: Decision, done: Done, by: By) -> Stepped:
    said = replace(turn, actions=None, arguments={}, system=None)
    return Stepped(time.time(), 0, said, decision, policy, done=done, by=by)
