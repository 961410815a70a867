"""A dialogue filled with many turns at once is as one stepped through, whoever fills it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.server.domain.audit import replay
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import turns
from cueline.server.errors import CapacityError, DialogueNotFoundError, StoreUnavailableError
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import Write
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import policy
from tests.server.conftest import Opener, run
from tests.server.domain.test_sessions import requests, service

SAID = [StepRequest(words) for words in ("find me a table", "for two", None, "yes", "no") * 5]


async def told(sessions: Sessions, dialogue: str) -> list[tuple[object, ...]]:
    stored = turns(await sessions.events(dialogue))
    return [(event.turn, event.said, event.took, event.decision) for event in stored]


@given(
    st.lists(st.tuples(requests, st.none() | st.just(("offer",))), max_size=6), st.integers(0, 6)
)
def test_it_is_as_stepped_through(sent: list[tuple[StepRequest, None]], before: int) -> None:
    async def check() -> None:
        sessions = service()
        asked = [
            StepRequest(one.user, one.features, one.available, took=took if number else None)
            for number, (one, took) in enumerate(sent)
        ]
        stepped, filled = await sessions.open(), await sessions.open()
        for request in asked:
            await sessions.step(stepped, request)
        await sessions.fill(filled, asked[:before])
        await sessions.fill(filled, asked)
        assert await told(sessions, filled) == await told(sessions, stepped)
        assert (await replay(sessions.store, [policy()])).clean

    run(check())


def test_filled_by_all_at_once_each_turn_is_there_once(opener: Opener) -> None:
    async def check() -> None:
        processes = [service(await opener()), service(await opener())]
        dialogue = await processes[0].open()
        lengths = [3, 25, 1, 25, 7, 12]
        filling = [
            processes[n % 2].fill(dialogue, SAID[:length]) for n, length in enumerate(lengths)
        ]
        await asyncio.gather(*filling)
        stored = await told(processes[0], dialogue)
        assert [turn for turn, *_ in stored] == list(range(25))
        assert [said for _, said, *_ in stored] == [request.said for request in SAID]
        step = await processes[1].step(dialogue, StepRequest("go on"))
        assert step.event.turn == 25
        assert (await replay(processes[0].store, [policy()])).clean
        for process in processes:
            await process.store.close()

    run(check())


def test_the_turns_are_handed_to_the_store_at_once() -> None:
    class Counted(MemoryStore):
        waiting = most = 0

        async def append(self, write: Write) -> None:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            await asyncio.sleep(0)
            self.waiting -= 1
            await super().append(write)

    async def check() -> None:
        sessions = service(store := Counted())
        await sessions.fill(await sessions.open(), SAID)
        assert store.most == len(SAID)

    run(check())


def test_what_a_lost_line_left_out_is_filled_in_later() -> None:
    class Cut(MemoryStore):
        left = 9

        async def append(self, write: Write) -> None:
            self.left -= 1
            if self.left < 0:
                raise StoreUnavailableError("the line is cut")
            await super().append(write)

    async def check() -> None:
        sessions = service(store := Cut())
        dialogue = await sessions.open()
        with pytest.raises(StoreUnavailableError):
            await sessions.fill(dialogue, SAID)
        store.left = 100
        await sessions.fill(dialogue, SAID)
        assert [turn for turn, *_ in await told(sessions, dialogue)] == list(range(len(SAID)))

    run(check())


def test_one_that_is_gone_or_too_long_is_refused() -> None:
    async def check() -> None:
        sessions = service(turns=3)
        dialogue = await sessions.open()
        with pytest.raises(CapacityError):
            await sessions.fill(dialogue, SAID[:4])
        assert await told(sessions, dialogue) == []
        await sessions.fill(dialogue, SAID[:3])
        assert [turn for turn, *_ in await told(sessions, dialogue)] == [0, 1, 2]
        other = service(sessions.store)
        await other.erase(dialogue)
        with pytest.raises(DialogueNotFoundError):
            await sessions.fill(dialogue, SAID[:3])

    run(check())
