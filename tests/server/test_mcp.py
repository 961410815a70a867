"""`cueline mcp` over stdio, driven by the protocol's own client: decide, correct, explain."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from tests.server.acting import policy
from tests.server.conftest import run

TURNS = [
    Turn("find me a table", {"db_count": 3}),
    Turn(None, {"db_count": 5}, available=("book", "close"), results={"offer": ({"name": "A"},)}),
    Turn("スシ🍣 please"),
    Turn("yes thanks"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp") / "policy"
    policy().save(folder)
    return folder


@asynccontextmanager
async def session(folder: Path, *options: str) -> AsyncIterator[Client]:
    """A client of its own process."""
    command = ["-m", "cueline", "mcp", str(folder), *options]
    server = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
    with (folder.parent / "log").open("a") as log:
        async with Client(stdio_client(server, errlog=log)) as client:
            yield client


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def said(client: Client, tool: str, **arguments: Any) -> str:
    """What is wrong with a call."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)


def asked(value: msgspec.Struct) -> dict[str, Any]:
    """A turn or a decision as JSON has it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def test_it_decides_as_the_policy_does_turn_by_turn(folder: Path) -> None:
    async def check() -> None:
        acting = Policy.load(folder).at(risk=0.2)
        async with session(folder, "--risk", "0.2") as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == {"decide", "correct", "explain"}
            for _ in range(2):
                state = acting.start()
                for number, turn in enumerate(TURNS):
                    begins = {"new_dialogue": True} if number == 0 else {}
                    answer = await call(client, "decide", **asked(turn), **begins)
                    decision, state = acting.act(turn, state)
                    assert answer.pop("turn") == number
                    assert answer.pop("policy") == acting.hash
                    assert answer == asked(decision)

    run(check())


@pytest.mark.parametrize("number", [0, 2, None])
def test_what_was_right_is_what_the_rest_goes_on_from(folder: Path, number: int | None) -> None:
    async def check() -> None:
        acting, right, done = policy(), ["book", "close"], 2 if number is None else number
        async with session(folder) as client:
            decided = [await call(client, "decide", **asked(turn)) for turn in TURNS[:3]]
            where = {} if number is None else {"turn": number}
            assert await call(client, "correct", actions=right, **where) == {
                "turn": done,
                "actions": right,
            }
            last = await call(client, "decide", **asked(TURNS[3]))
        state = acting.start()
        for place, turn in enumerate(TURNS[:3]):
            actions = right if place == done else decided[place]["actions"]
            _, state = acting.act(msgspec.structs.replace(turn, actions=tuple(actions)), state)
        decision, _ = acting.act(TURNS[3], state)
        assert last["probabilities"] == decision.probabilities

    run(check())


def test_it_says_what_a_decision_rests_on(folder: Path) -> None:
    async def check() -> None:
        async with session(folder) as client:
            decided = [await call(client, "decide", **asked(turn)) for turn in TURNS]
            await call(client, "correct", actions=["close"])
            last = await call(client, "explain")
            first = await call(client, "explain", turn=0)
        done = [tuple(one["actions"]) for one in decided[:-1]] + [("close",)]
        turns = [
            msgspec.structs.replace(turn, actions=actions)
            for turn, actions in zip(TURNS, done, strict=True)
        ]
        expected = policy().explain(Dialogue("d", tuple(turns)))[-1]
        assert (last["turn"], first["turn"], first["influences"]) == (3, 0, [])
        assert last["decided"] == list(expected.decision.actions)
        assert last["done"] == ["close"]
        assert {one["turn"] for one in last["influences"]} == {0, 1, 2}
        changes = {one.turn: one.change for one in expected.influences}
        for one in last["influences"]:
            assert one["change"] == pytest.approx(changes[one["turn"]], abs=1e-6)

    run(check())


def test_what_is_wrong_is_said_in_a_line_and_changes_nothing(folder: Path) -> None:
    async def check() -> None:
        async with session(folder) as client:
            for tool in ("correct", "explain"):
                more = {"actions": ["book"]} if tool == "correct" else {}
                assert "no turn yet" in await said(client, tool, **more)
            before = await call(client, "decide", user="no")
            assert "$.features" in await said(client, "decide", features={"a": {"b": 1}})
            assert "$.available[0]" in await said(client, "decide", available=[""])
            assert "no action 'fly'" in await said(client, "correct", actions=["fly"])
            assert "no turn 7" in await said(client, "explain", turn=7)
            assert "no turn -1" in await said(client, "correct", actions=[], turn=-1)
            assert await said(client, "decide", user=7)
            after = await call(client, "decide", user="no")
            assert (before["turn"], after["turn"]) == (0, 1)

    run(check())


def test_sessions_know_nothing_of_each_other(folder: Path) -> None:
    async def check() -> None:
        async with session(folder) as one, session(folder) as other:
            await call(one, "decide", user="find me a table")
            assert (await call(other, "decide", user="no"))["turn"] == 0
            assert (await call(one, "decide", user="no"))["turn"] == 1

    run(check())
