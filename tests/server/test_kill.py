"""`kill -9` at any moment: what was acknowledged is there, once, and comes out the same again."""

from __future__ import annotations

import asyncio
import random
import signal
from itertools import count
from pathlib import Path

import pytest

from cueline.server.command import replay
from cueline.server.domain.state_replay import turns
from cueline.server.events import decode
from cueline.server.stores.open import open_store
from tests.server.acting import WORDS, policy
from tests.server.serving import Lean, Served

DIALOGUES = 64


async def talk(
    number: int, server: Served, stop: asyncio.Event, acknowledged: dict[str, list[dict]]
) -> None:
    """One dialogue, turn after turn, each tried until it is acknowledged."""
    connection, dice = Lean(server.port), random.Random(number)
    dialogue = (await insist(connection, "/v1/dialogues", None))["id"]
    path = f"/v1/dialogues/{dialogue}/turns"
    answers = acknowledged[dialogue] = []
    for turn in count():
        if turn and stop.is_set():
            break
        request = {"user": " ".join(dice.choices(WORDS, k=4)), "turn": turn}
        if turn and dice.random() < 0.2:
            request["took"] = ["book"]
        answers.append(await insist(connection, path, request, Idempotency_Key=f"{turn}"))
    connection.close()


async def insist(connection: Lean, path: str, content: object, **headers: str) -> dict:
    while True:
        try:
            status, answer = await connection.request("POST", path, content, **headers)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        assert status in (200, 201), answer
        return answer


async def ordeal(server: Served, kills: int) -> dict[str, list[dict]]:
    dice, stop = random.Random(7), asyncio.Event()
    acknowledged: dict[str, list[dict]] = {}
    server.start()
    talks = [
        asyncio.create_task(talk(number, server, stop, acknowledged)) for number in range(DIALOGUES)
    ]
    for _ in range(kills):
        enough = answered(acknowledged) + dice.randrange(200)
        while answered(acknowledged) < enough:  # on a slow machine, too, it dies at work
            await asyncio.sleep(dice.uniform(0.001, 0.02))
        server.stop(signal.SIGKILL)
        await asyncio.to_thread(server.start)
    stop.set()
    await asyncio.gather(*talks)
    server.stop(signal.SIGKILL)
    return acknowledged


def answered(acknowledged: dict[str, list[dict]]) -> int:
    return sum(map(len, acknowledged.values()))


def check_kept(store: str, folder: Path, acknowledged: dict[str, list[dict]]) -> None:
    async def stored() -> dict[str, list[tuple]]:
        opened = await open_store(store)
        found = {
            dialogue: [
                (event.turn, event.decision.actions, event.decision.probabilities, event.policy)
                for event in turns(map(decode, await opened.events(dialogue)))
            ]
            for dialogue in acknowledged
        }
        await opened.close()
        return found

    for dialogue, events in asyncio.run(stored()).items():
        told = [
            (answer["turn"], tuple(answer["actions"]), answer["probabilities"], answer["policy"])
            for answer in acknowledged[dialogue]
        ]
        assert events == told
    report = replay([folder], store=store)
    assert report.clean, (report.differences[:3], report.missing)
    assert report.decisions == answered(acknowledged)


def ordeal_on(store: str, tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "policy"
    policy().save(folder)
    server = Served(folder, tmp_path / "log", store=store)
    acknowledged = asyncio.run(ordeal(server, kills))
    assert len(acknowledged) == DIALOGUES
    check_kept(store, folder, acknowledged)


def test_a_killed_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    ordeal_on(f"sqlite:{tmp_path / 'dialogues.db'}", tmp_path, kills=2)


@pytest.mark.slow
def test_fifty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    ordeal_on(f"sqlite:{tmp_path / 'dialogues.db'}", tmp_path, kills=50)


@pytest.mark.slow
def test_kills_on_postgres_lose_and_double_nothing(tmp_path: Path, postgres_url: str) -> None:
    ordeal_on(postgres_url, tmp_path, kills=5)


@pytest.mark.slow
def test_kills_on_redis_lose_and_double_nothing(tmp_path: Path, redis_url: str) -> None:
    ordeal_on(redis_url, tmp_path, kills=5)
