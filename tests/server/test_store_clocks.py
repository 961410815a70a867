"""Dialogues grow older by the store's clock, as far as a clock is to be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.server.stores.base import LEAP
from cueline.server.stores.memory import MemoryStore
from tests.server.conftest import run
from tests.server.machine.stores import PostgresShelf, RedisShelf, SqliteShelf
from tests.server.test_stores import event


def test_a_clock_that_goes_back_makes_no_dialogue_older() -> None:
    now = [100.0]
    store = MemoryStore(lambda: now[0])

    async def check() -> None:
        await store.append(event("d", 0))
        now[0] = 50.0
        await store.append(event("d", 1))
        now[0] = 110.0
        assert await store.count(quiet=10.0) == await store.count(quiet=20.0) == 0
        assert await store.count(quiet=9.5) == 1
        assert await store.expire(10.0) == []
        assert await store.expire(9.5) == ["d"]
        assert await store.erasures() == 1

    run(check())


@given(
    st.lists(
        st.tuples(st.floats(0, 2 * LEAP), st.one_of(st.just(0.0), st.floats(-1e9, 1e9))),
        max_size=12,
    )
)
def test_a_clock_that_is_wrong_makes_no_dialogue_older_than_a_day_each_time(
    waits: list[tuple[float, float]],
) -> None:
    """Time passes, and the clock is set by so much; somebody looks at it after each."""
    now, passing, leaps = [1e9], 0.0, 0
    store = MemoryStore(lambda: now[0])

    async def check() -> None:
        nonlocal passing, leaps
        await store.append(event("d", 0))
        for wait, leap in waits:
            for _ in range(3):  # a sweep comes more often than every day
                now[0] += wait / 3
                await store.tick()
            passing += wait
            leaps += leap > 0
            now[0] += leap
            await store.tick()
        oldest = passing + leaps * LEAP
        assert await store.count(quiet=oldest + 1) == 0
        assert await store.count(quiet=passing - 1) == 1  # and none is kept for ever

    run(check())


@pytest.mark.parametrize("store", ["sqlite", "postgres", "redis"])
def test_so_it_is_with_the_clock_of_any_store(store: str, request: pytest.FixtureRequest) -> None:
    shelf = (
        SqliteShelf()
        if store == "sqlite"
        else (PostgresShelf if store == "postgres" else RedisShelf)(
            request.getfixturevalue(f"{store}_url")
        )
    )

    async def check() -> None:
        opened = await shelf.open()
        await opened.tick()
        await opened.append(event("d", 0))
        for leap, age in ((40 * LEAP, 1), (-40 * LEAP, 1), (0.5 * LEAP, 1.5), (-3e9, 1.5)):
            await opened.tick()
            shelf.leap(leap)
            assert await opened.count(quiet=age * LEAP - 60) == 1
            assert await opened.count(quiet=age * LEAP + 60) == 0
            await opened.tick()
        assert await opened.expire(1.5 * LEAP + 60) == []
        assert await opened.expire(1.5 * LEAP - 60) == ["d"]
        await opened.close()

    run(check())
    shelf.close()
