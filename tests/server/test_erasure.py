"""What was erased is nowhere: not in the file, its log, another server's memory, nor the logs."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from random import Random

import psycopg
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.stores import sqlite
from cueline.server.stores.memory import MemoryStore
from cueline.server.stores.open import open_store
from tests.server.acting import policy
from tests.server.conftest import ABSENT, absent, run
from tests.server.servers import Postgres, Redis, folder
from tests.server.test_app import LOCAL, opened, serving
from tests.server.test_stores import event

SECRET = "my pin is 481516"


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=40))
def test_no_file_of_sqlite_holds_what_was_erased(calls: list[tuple[int, bool]]) -> None:
    async def check(folder: Path) -> None:
        store = await open_store(f"sqlite:{folder / 'dialogues.db'}")
        lengths: dict[str, int] = {}
        for number, erase in calls:
            name = f"secret-{number}-"
            if erase:
                await store.erase(name)
                lengths.pop(name, None)
            else:
                seq = lengths.get(name, 0)
                await store.append(event(name, seq)._replace(event=name.encode() * 300))
                lengths[name] = seq + 1
            held = b"".join(path.read_bytes() for path in folder.iterdir())
            there = {f"secret-{n}-" for n in range(4) if f"secret-{n}-".encode() * 2 in held}
            if erase:
                assert there == set(lengths)
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        run(check(Path(folder)))


def test_nor_does_it_where_rows_were_moved_between_pages(tmp_path: Path) -> None:
    async def check(random: Random) -> None:
        path = tmp_path / f"{random.random()}"
        path.mkdir()
        stores = [await open_store(f"sqlite:{path / 'dialogues.db'}") for _ in range(2)]
        lengths: dict[str, int] = {}
        for _ in range(50):
            for _ in range(10):
                lengths[f"{random.getrandbits(64):016x}"] = 0
            several = random.sample([*lengths], min(20, len(lengths)))
            body = {name: f"<{name}>" * random.randint(1, 60) for name in several}
            await asyncio.gather(
                *(
                    random.choice(stores).append(
                        event(name, lengths[name])._replace(event=body[name].encode())
                    )
                    for name in several
                )
            )
            for name in several:
                lengths[name] += 1
            for name in random.sample([*lengths], 8):
                await random.choice(stores).erase(name)
                del lengths[name]
            there = set(re.findall("<([0-9a-f]{16})>", held(path)))
            assert there == {name for name, length in lengths.items() if length}
        for store in stores:
            await store.close()

    for seed in range(2):
        run(check(Random(seed)))


def test_the_room_of_what_was_erased_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "OLDEST", 100)
    monkeypatch.setattr(sqlite, "MARGIN", 40)

    async def check() -> None:
        path = tmp_path / "dialogues.db"
        store = await open_store(f"sqlite:{path}")
        lengths = {f"kept-{number:011}": 0 for number in range(5)}
        for day in range(12):
            gone = {f"gone-{day:011}": 0}
            for _ in range(40):
                for name, length in (lengths | gone).items():
                    said = event(name, length)._replace(event=f"<{name}>".encode() * 20)
                    if name in gone or length < 10:
                        await store.append(said)
                gone = {name: length + 1 for name, length in gone.items()}
                lengths = {name: min(length + 1, 10) for name, length in lengths.items()}
            for name in gone:
                assert await store.erase(name)
            if day % 4 == 3:
                await store.tick()
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (rows,) = db.execute("SELECT count(*) FROM event").fetchone()
        assert 50 < rows <= 2 * (50 + 100) < 50 + 12 * 40
        assert "<gone" not in held(tmp_path)
        for name in lengths:
            assert await store.events(name) == [f"<{name}>".encode() * 20] * 10
        await store.close()

    run(check())


def test_who_reads_while_it_is_erased_leaves_it_in_the_log_until_the_next_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCKED_FOR", 0.05)

    async def check() -> None:
        path = tmp_path / "dialogues.db"
        store = await open_store(f"sqlite:{path}")
        for name in ("one", "two"):
            await store.append(event(name, 0)._replace(event=SECRET.encode()))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        await store.erase("one")
        assert SECRET in held(tmp_path)
        reader.execute("COMMIT")
        await store.erase("two")
        assert SECRET not in held(tmp_path)
        reader.close()
        await store.close()

    run(check())


def test_whose_it_was_is_in_no_file_after_a_vacuum(tmp_path: Path) -> None:
    async def check() -> None:
        path = tmp_path / "dialogues.db"
        store = await open_store(f"sqlite:{path}")
        names = [f"{number:016}" for number in range(300)]
        opened = [event(name, 0, f"customer-{name}")._replace(event=b"") for name in names]
        await asyncio.gather(*map(store.append, opened))
        for name in names[::2]:
            await store.erase(name)
        await store.close()
        with sqlite3.connect(path, isolation_level=None) as db:
            db.execute("VACUUM")
        db.close()
        assert {f"customer-{name}" in held(tmp_path) for name in names[::2]} == {False}
        assert {f"customer-{name}" in held(tmp_path) for name in names[1::2]} == {True}

    run(check())


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Postgres, Redis])
def test_other_stores_files_forget_it_when_they_are_written_anew(
    kind: type[Postgres | Redis],
) -> None:
    if kind is Postgres and Postgres.binaries() is None:
        absent(ABSENT.format("PostgreSQL", "CUELINE_TEST_POSTGRES"))
    if kind is Redis and Redis.binary() is None:
        absent(ABSENT.format("Redis", "CUELINE_TEST_REDIS"))
    server = kind(folder())
    server.start()

    async def check() -> None:
        store = await open_store(server.url)
        for name in ("kept", "gone"):
            await store.append(event(name, 0, name)._replace(event=f"{SECRET}, {name}".encode()))
        await store.erase("gone")
        await store.close()
        rewrite(server)
        where = server.folder / ("data/base" if kind is Postgres else "appendonlydir")
        assert f"{SECRET}, kept" in held(where)
        assert f"{SECRET}, gone" not in held(where)

    try:
        run(check())
    finally:
        server.stop()
        shutil.rmtree(server.folder)


def rewrite(server: Postgres | Redis) -> None:
    """What the docs say that an operator may do."""
    if isinstance(server, Postgres):
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("VACUUM FULL")
            connection.execute("CHECKPOINT")
        return
    with redis.Redis.from_url(server.url) as client:
        client.bgrewriteaof()
        while client.info("persistence")["aof_rewrite_in_progress"]:
            time.sleep(0.02)


def held(place: Path) -> str:
    """All that the files of a folder hold."""
    files = [file for file in place.rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files).decode("latin-1")


def test_the_page_of_every_server_forgets_what_any_of_them_erases() -> None:
    store = MemoryStore()
    apps = [application(Service(Sessions(store, Policies(policy())))) for _ in range(2)]
    one, other = (TestClient(app, LOCAL, raise_server_exceptions=False) for app in apps)
    kept = opened(one)
    for dialogue, text in ((kept, "yes"), (opened(one, user="u"), SECRET)):
        one.post(f"/v1/dialogues/{dialogue}/turns", json={"user": text})
    for client in (one, other):
        assert SECRET in client.get("/v1/browse/live/dialogues").text
    assert one.delete("/v1/users/u").json() == {"erased": 1}
    for client in (one, other):
        assert SECRET not in client.get("/v1/browse/live/dialogues").text
        assert kept in client.get("/v1/browse/live/dialogues").text
        assert SECRET not in client.get("/v1/browse/live/turns").text


def test_whose_dialogue_it_is_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving() as client:
        opened(client, user="customer-42")
        client.get("/v1/users/customer-42/dialogues")
        client.delete("/v1/users/customer-42")
        assert "customer-42" not in client.get("/metrics").text
    ours = [str(record.__dict__) for record in caplog.records if record.name.startswith("cueline")]
    assert any("/v1/users/{user}" in line for line in ours)
    assert not any("customer-42" in line for line in ours)


def test_nobody_needs_to_look_for_a_server_to_forget() -> None:
    async def check() -> None:
        store = MemoryStore()
        one, other = (Service(Sessions(store, Policies(policy()))) for _ in range(2))
        dialogue = await one.sessions.open()
        await one.sessions.step(dialogue, StepRequest(SECRET))
        await other.sources.view("live")
        assert SECRET in repr(other.sources._looked)
        await other.sources.forget_erased()
        assert SECRET in repr(other.sources._looked)
        await one.sessions.erase(dialogue)
        await other.sources.forget_erased()
        assert SECRET not in repr(other.sources.__dict__)

    run(check())
