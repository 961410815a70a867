"""Full disks and databases that go away: errors while it lasts, and afterwards all is as it was."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cueline.server.app import application
from cueline.server.domain.audit import replay
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import turns
from cueline.server.errors import StoreUnavailableError
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.stores import postgres as postgres_store
from cueline.server.stores import redis as redis_store
from cueline.server.stores.open import open_store
from tests.server.acting import policy
from tests.server.conftest import run
from tests.server.servers import Postgres, Redis, Server, folder

YES = StepRequest("yes please, find me a table")


async def fill(sessions: Sessions, dialogue: str, most: int) -> int:
    """Take turns until one fails; return how many were acknowledged."""
    for count in range(most):
        try:
            await sessions.step(dialogue, YES)
        except StoreUnavailableError:
            return count
    raise AssertionError("nothing failed")


def full_disk(path: Path, free_up: Callable[[], None]) -> None:
    async def check() -> None:
        store = await open_store(f"sqlite:{path}")
        sessions = Sessions(store, Policies(policy()))
        dialogue = await sessions.open()
        done = 0
        while count := await fill(sessions, dialogue, 1000):
            done += count  # SQLite tidied up when it failed, and found some room
        assert done > 10
        assert len(turns(await sessions.events(dialogue))) == done  # it can still be read
        free_up()
        stepping = await sessions.step(dialogue, YES)  # and goes on by itself
        assert stepping.event.turn == done
        report = await replay(store, [policy()])
        assert (report.clean, report.decisions) == (True, done + 1)
        await store.close()

    run(check())
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_may_not_grow_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        full_disk(
            tmp_path / "dialogues.db",
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(where: Path) -> Iterator[Path]:
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("a disk of one megabyte cannot be mounted here: not root")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def test_a_full_disk_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 700_000)
        full_disk(disk / "dialogues.db", ballast.unlink)


@pytest.fixture(params=[(Postgres, signal.SIGQUIT), (Redis, signal.SIGKILL)])
def crashing(request: pytest.FixtureRequest) -> Iterator[tuple[Server, signal.Signals]]:
    """A server of its own, and how to make it crash."""
    kind, how = request.param
    request.getfixturevalue(f"{kind.__name__.lower()}_server")  # skips where there is none
    server = kind(folder())
    server.start()
    yield server, how
    server.stop()
    shutil.rmtree(server.folder)


def test_a_database_that_crashes_and_comes_back_loses_nothing(
    crashing: tuple[Server, signal.Signals],
) -> None:
    server, how = crashing

    async def check() -> None:
        store = await open_store(server.url)
        sessions = Sessions(store, Policies(policy()))
        dialogue = await sessions.open()
        for crash in range(3):
            for _ in range(5):
                await sessions.step(dialogue, YES)
            server.stop(how)
            with pytest.raises(StoreUnavailableError):
                await sessions.step(dialogue, YES, key=f"k{crash}")
            server.start()
            assert (await sessions.step(dialogue, YES, key=f"k{crash}")).event.turn == 6 * crash + 5
        report = await replay(store, [policy()])
        assert (report.clean, report.decisions) == (True, 18)
        await store.close()

    run(check())


def test_a_database_file_that_is_gone_takes_no_more_turns(tmp_path: Path) -> None:
    async def check() -> None:
        path = tmp_path / "dialogues.db"
        store = await open_store(f"sqlite:{path}")
        sessions = Sessions(store, Policies(policy()))
        dialogue = await sessions.open()
        await sessions.step(dialogue, YES)
        aside = path.rename(tmp_path / "aside.db")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await sessions.step(dialogue, YES)
            with pytest.raises(StoreUnavailableError):
                await store.check()
        assert not path.exists()
        aside.rename(path)
        assert (await sessions.step(dialogue, YES)).event.turn == 1
        await store.check()
        await store.close()

    run(check())


def test_on_a_full_disk_nobody_says_that_turns_can_be_taken(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:

        async def check() -> None:
            store = await open_store(f"sqlite:{disk / 'dialogues.db'}")
            await store.check()
            ballast = disk / "ballast"
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 1000)
            with pytest.raises(StoreUnavailableError):
                for _ in range(100):
                    await store.check()
            ballast.unlink()
            await store.check()
            await store.close()

        run(check())


@pytest.fixture(params=[Postgres, Redis])
def pausing(request: pytest.FixtureRequest) -> Iterator[Server]:
    kind = request.param
    request.getfixturevalue(f"{kind.__name__.lower()}_server")
    server = kind(folder())
    server.start()
    yield server
    server.stop(signal.SIGINT)
    shutil.rmtree(server.folder)


def test_a_store_that_is_paused_is_given_up_and_used_again(
    pausing: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (postgres_store, redis_store):
        monkeypatch.setattr(module, "DEADLINE", 0.5)

    async def check() -> None:
        store = await open_store(pausing.url)
        sessions = Sessions(store, Policies(policy()))
        dialogue = await sessions.open()
        await sessions.step(dialogue, YES)
        pausing.send(signal.SIGSTOP)
        try:
            calls = [
                sessions.step(dialogue, YES, key="k"),
                sessions.open(),
                store.check(),
                sessions.events(dialogue),
                store.erasures(),
            ]
            outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 60)
            assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
        finally:
            pausing.send(signal.SIGCONT)
        for _ in range(100):
            try:
                await sessions.step(dialogue, YES, key="k")
                break
            except StoreUnavailableError:
                await asyncio.sleep(0.1)
        report = await replay(store, [policy()])
        assert (report.clean, report.decisions) == (True, 2)
        await store.close()

    run(check())


class Away:
    """A store that cannot be reached."""

    async def refuse(self, *_: object) -> None:
        raise StoreUnavailableError("no route to db.internal:5432")

    append = events = page = erase = tick = expire = count = erasures = check = refuse

    async def close(self) -> None:
        pass


def test_without_its_store_the_service_says_so_and_not_where_it_is() -> None:
    app = application(Service(Sessions(Away(), Policies(policy()))))
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        path = f"/v1/dialogues/{'x' * 16}"
        for answer in (
            client.get("/readyz"),
            client.post("/v1/dialogues"),
            client.get(path),
            client.post(f"{path}/turns", json={"user": "yes"}),
        ):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert "internal" not in answer.text
