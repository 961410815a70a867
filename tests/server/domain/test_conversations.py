"""Answers that later requests go on from are kept like turns, on every store, for every server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import convert

from cueline.server.domain.audit import heads_of, replay
from cueline.server.domain.conversations import (
    NEW,
    AgentConversation,
    begin,
    conversation,
    erase,
    keep,
    response,
)
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.policies import Policies
from cueline.server.domain.promotion_gate import PromotionGate
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import CapacityError, ResponseNotFoundError
from cueline.server.limits import Limits
from cueline.server.schemas import StepRequest
from tests.server.acting import policy
from tests.server.conftest import Opener, run

Item = dict[str, Any]


def user(text: str) -> Item:
    return {"role": "user", "content": text}


def says(text: str) -> Item:
    return {"type": "message", "role": "assistant", "content": text}


@asynccontextmanager
async def servers(
    opener: Opener, count: int = 1, limits: Limits | None = None
) -> AsyncIterator[list[Sessions]]:
    """The sessions of some servers on one store."""
    made = [Sessions(await opener(), Policies(policy()), limits) for _ in range(count)]
    try:
        yield made
    finally:
        for sessions in made:
            await sessions.store.close()


async def answered(
    sessions: Sessions, before: AgentConversation, heard: str, after: str | None = None
) -> str:
    """The name of an answer that is kept."""
    id = await begin(sessions, before, "u")
    await keep(sessions, [user(heard)], {"id": id, "output": [says(f"re {heard}")]}, after)
    return id


def test_any_server_goes_on_from_any_answer(opener: Opener) -> None:
    async def check() -> None:
        async with servers(opener, 2) as (one, other):
            first = await answered(one, NEW, "a")
            before = await conversation(other, first)
            second = await answered(other, before, "b", first)
            branch = await answered(one, await conversation(one, first), "c", first)
            third = await answered(one, await conversation(one, second), "d", second)
            for sessions in (one, other):
                for end, path in ((third, "abd"), (branch, "ac"), (first, "a")):
                    found = await conversation(sessions, end)
                    assert found.items == [
                        item for said in path for item in (user(said), says(f"re {said}"))
                    ]
                assert (await response(sessions, second))["id"] == second
            assert await one.store.count() == 1
            await erase(other, branch)
            for sessions in (one, other):
                for gone in (first, second, third, branch):
                    with pytest.raises(ResponseNotFoundError):
                        await conversation(sessions, gone)
            assert await one.store.count() == 0

    run(check())


def test_they_are_no_turns_and_in_nobodys_way(opener: Opener) -> None:
    async def check() -> None:
        async with servers(opener) as (sessions,):
            first = await answered(sessions, NEW, "a")
            assert [one async for one in as_corpus(sessions.store, check=True)] == []
            assert (await replay(sessions.store, [policy()])).clean
            assert (await PromotionGate().check(policy(1), sessions.store)).turns == 0
            heads = await heads_of(sessions.store)
            (dialogue,) = heads
            step = convert({"user": "no"}, StepRequest)
            assert (await sessions.step(dialogue, step)).event.turn == 0
            await answered(sessions, await conversation(sessions, first), "b", first)
            assert (await sessions.step(dialogue, step)).event.turn == 1
            report = await replay(sessions.store, [policy()], heads=heads)
            assert (report.clean, report.decisions, report.gone) == (True, 2, 0)
            (corpus,) = [one async for one in as_corpus(sessions.store, check=True)]
            assert [turn.user for turn in corpus.turns] == ["no", "no"]

    run(check())


def test_a_conversation_has_an_end(opener: Opener) -> None:
    async def check() -> None:
        async with servers(opener, limits=Limits(turns=2)) as (sessions,):
            first = await answered(sessions, NEW, "a")
            second = await answered(sessions, await conversation(sessions, first), "b", first)
            with pytest.raises(CapacityError, match="2 answers"):
                await conversation(sessions, second)
            assert await response(sessions, second)

    run(check())


@pytest.mark.parametrize("name", ["", "resp_", "resp_" + "a" * 31, "resp_" + "a" * 33, "x" * 37])
def test_a_name_that_is_none_is_not_found(opener: Opener, name: str) -> None:
    async def check() -> None:
        async with servers(opener) as (sessions,):
            with pytest.raises(ResponseNotFoundError, match="no response"):
                await response(sessions, name)

    run(check())
