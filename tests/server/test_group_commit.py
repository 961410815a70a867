"""Writes go together in batches: in order, one batch at a time, and each caller hears its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.server.errors import (
    SequenceConflictError,
    StoreError,
    StoreUnavailableError,
)
from cueline.server.stores.base import Write
from cueline.server.stores.group_commit import MAX_BATCH, GroupCommit, Outcome
from tests.server.conftest import run


def writes(count: int) -> list[Write]:
    return [Write("d", number, b"") for number in range(count)]


class Disk:
    """Refuses every third write; `broken` batches cannot be written at all."""

    def __init__(self, broken: Sequence[int] = ()) -> None:
        self.batches: list[list[int]] = []
        self._broken, self._busy = broken, False

    async def commit(self, batch: Sequence[Write]) -> list[Outcome]:
        assert not self._busy, "two batches at a time"
        self._busy = True
        self.batches.append([write.seq for write in batch])
        await asyncio.sleep(0)
        self._busy = False
        if len(self.batches) - 1 in self._broken:
            raise StoreUnavailableError("the disk is gone")
        return [SequenceConflictError("d") if write.seq % 3 == 2 else None for write in batch]


async def outcomes(group: GroupCommit, some: Sequence[Write]) -> list[object]:
    return await asyncio.gather(*map(group.write, some), return_exceptions=True)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.sets(st.integers(0, 3)))
def test_each_caller_hears_what_became_of_its_write(bursts: list[int], broken: set[int]) -> None:
    async def check() -> None:
        disk = Disk(sorted(broken))
        group = GroupCommit(disk.commit)
        for burst in bursts:
            before = len(disk.batches)
            heard = await outcomes(group, writes(burst))
            assert disk.batches[before:] == [list(range(burst))], "all that were ready go together"
            for seq, outcome in enumerate(heard):
                if before in broken:
                    assert isinstance(outcome, StoreUnavailableError)
                    assert "the disk is gone" in str(outcome)
                else:
                    assert isinstance(outcome, SequenceConflictError) is (seq % 3 == 2)
                    assert outcome is None or isinstance(outcome, SequenceConflictError)
        await group.close()

    run(check())


def test_what_comes_while_one_is_written_waits_for_the_next_in_order() -> None:
    async def check() -> None:
        disk = Disk()
        group = GroupCommit(disk.commit)
        first = asyncio.create_task(outcomes(group, writes(3)))
        while not disk.batches:
            await asyncio.sleep(0)
        second = asyncio.create_task(outcomes(group, writes(2 * MAX_BATCH + 1)))
        await asyncio.gather(first, second)
        assert [len(batch) for batch in disk.batches] == [3, MAX_BATCH, MAX_BATCH, 1]
        assert [seq for batch in disk.batches[1:] for seq in batch] == list(
            range(2 * MAX_BATCH + 1)
        )

    run(check())


def test_no_write_waits_for_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda *_: pytest.fail("one"))
        assert await outcomes(GroupCommit(Disk().commit), writes(2)) == [None, None]

    run(check())


def test_a_caller_that_has_gone_is_nobody_elses_trouble() -> None:
    async def check() -> None:
        disk = Disk()
        group = GroupCommit(disk.commit)
        gone, *others = (asyncio.create_task(group.write(write)) for write in writes(3))
        while not disk.batches:
            await asyncio.sleep(0)
        gone.cancel()
        heard = await asyncio.gather(gone, *others, return_exceptions=True)
        assert [type(one) for one in heard] == [
            asyncio.CancelledError,
            type(None),
            SequenceConflictError,
        ]
        assert await outcomes(group, writes(1)) == [None]

    run(check())


def test_what_stops_the_writer_stops_nobody_for_ever() -> None:
    async def stopped(batch: Sequence[Write]) -> list[Outcome]:
        raise asyncio.CancelledError

    async def check() -> None:
        heard = await outcomes(GroupCommit(stopped), writes(2))
        assert [str(one) for one in heard] == ["the store stopped before it had written"] * 2
        assert all(isinstance(one, StoreError) for one in heard)

    run(check())


def test_closing_waits_for_what_is_being_written() -> None:
    async def check() -> None:
        disk = Disk()
        group = GroupCommit(disk.commit)
        await group.close()
        waiting = [asyncio.create_task(group.write(write)) for write in writes(MAX_BATCH + 1)]
        await asyncio.sleep(0)
        await group.close()
        assert [len(batch) for batch in disk.batches] == [MAX_BATCH, 1]
        heard = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in heard[:3]] == [type(None), type(None), SequenceConflictError]

    run(check())
