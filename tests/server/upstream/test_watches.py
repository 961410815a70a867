"""Audits in the store: each is there once, in one order for all servers, whatever fails."""

from __future__ import annotations

import asyncio
import random

from cueline.server.errors import StoreUnavailableError
from cueline.server.events import AuditedTurn, first_changed
from cueline.server.stores.base import Write
from cueline.server.stores.memory import MemoryStore
from cueline.server.upstream.watches import PolicyWatch, Watches
from tests.server.conftest import Opener, run

GOOD, BAD = AuditedTurn(0.995, False), AuditedTurn(0.995, True)


def test_servers_take_in_the_same_audits_in_the_same_order(opener: Opener) -> None:
    async def work() -> None:
        draw, stores = random.Random(4), [await opener() for _ in range(3)]
        watches = [PolicyWatch(store, "p", 0.05) for store in stores]

        async def audits(watch: PolicyWatch) -> None:
            for _ in range(30):
                watch.add(draw.choice([GOOD, GOOD, GOOD, BAD]))
                await watch.store()

        await asyncio.gather(*map(audits, watches))
        for watch in watches:
            await watch.read()
        assert [watch.watch.audits for watch in watches] == [90] * 3
        standings = [watch.watch.standings() for watch in watches]
        assert standings[0] == standings[1] == standings[2]
        anew = PolicyWatch(stores[0], "p", 0.05)
        await anew.read()
        assert anew.watch.standings() == standings[0], "a restart forgets nothing"
        assert first_changed(await stores[0].events(anew.dialogue)) is None
        for store in stores:
            await store.close()

    run(work())


def test_what_was_erased_counts_no_more(opener: Opener) -> None:
    async def work() -> None:
        store = await opener()
        watch, other = PolicyWatch(store, "p", 0.05), PolicyWatch(store, "p", 0.05)
        watch.add(BAD)
        await watch.store()
        await other.read()
        await store.erase(watch.dialogue)
        watch.add(GOOD)
        await watch.store()
        await other.read()
        assert watch.watch.audits == other.watch.audits == 1
        assert other.watch.standings() == watch.watch.standings()
        assert watch.watch.standings()[0].wrong == 0
        await store.close()

    run(work())


def test_another_policy_or_promise_begins_anew() -> None:
    async def work() -> None:
        watches = Watches(MemoryStore())
        watches.audited("p", 0.05, GOOD)
        await watches.finish()
        counts = {
            (policy, promised): (await watches.of(policy, promised)).audits
            for policy in ("p", "q")
            for promised in (0.05, 0.1)
        }
        assert counts == {("p", 0.05): 1, ("p", 0.1): 0, ("q", 0.05): 0, ("q", 0.1): 0}

    run(work())


class Unsure(MemoryStore):
    """Fails now and then, before it writes or after: nobody knows which."""

    def __init__(self) -> None:
        super().__init__()
        self._draw, self.failing = random.Random(7), True

    async def append(self, write: Write) -> None:
        fails = self.failing and self._draw.random() < 0.6
        if fails and self._draw.random() < 0.5:
            raise StoreUnavailableError("before")
        await super().append(write)
        if fails:
            raise StoreUnavailableError("after")

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        if self.failing and self._draw.random() < 0.2:
            raise StoreUnavailableError("reading")
        return await super().events(dialogue, start)


def test_an_audit_is_neither_lost_nor_doubled_where_the_store_fails() -> None:
    async def work() -> None:
        store = Unsure()
        watches = [Watches(store, clock=lambda: 0.0) for _ in range(2)]
        for number in range(200):
            watches[number % 2].audited("p", 0.05, GOOD if number % 3 else BAD)
            if number % 5 == 0:
                await asyncio.gather(*(each.finish() for each in watches))
        store.failing = False
        for each in watches:
            await each.finish()
            each.audited("p", 0.05, GOOD)
            await each.finish()
        again = await Watches(store).of("p", 0.05)
        assert again.audits == 202
        assert again.standings()[0].wrong <= 67

    run(work())
