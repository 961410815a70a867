"""One suite for all stores: what sessions rely on, each of them keeps."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from cueline.errors import CuelineError, SettingsError
from cueline.server.command import collect, replay
from cueline.server.errors import (
    DialogueNotFoundError,
    SequenceConflictError,
    StoreError,
    StoreUnavailableError,
)
from cueline.server.stores import sqlite
from cueline.server.stores.base import PAGE, Store, Write, every
from cueline.server.stores.open import open_store
from cueline.server.stores.redis import SAFE, RedisStore
from tests.server.conftest import Opener, run


def event(dialogue: str, seq: int, user: str | None = None) -> Write:
    return Write(dialogue, seq, f"{dialogue}/{seq} \x00 é🙂".encode(), user)


async def outcome(store: Store, write: Write) -> type[StoreError] | None:
    try:
        await store.append(write)
    except StoreError as error:
        return type(error)
    return None


def test_events_come_back_as_they_were_in_order(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        for seq in range(5):
            await store.append(event("d", seq))
        stored = await store.events("d")
        assert [bytes(body) for body in stored] == [event("d", seq).event for seq in range(5)]
        assert await store.events("d", 3) == stored[3:]
        assert await store.events("other") == []
        await store.close()

    run(check())


def test_an_event_goes_to_the_next_free_place_and_to_no_other(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        await store.append(event("d", 0))
        assert await outcome(store, event("d", 0)) is SequenceConflictError
        assert await outcome(store, event("d", 2)) is SequenceConflictError
        assert await outcome(store, event("d", 1)) is None
        assert await outcome(store, event("d", 1)) is SequenceConflictError
        with pytest.raises(DialogueNotFoundError, match="'absent'"):
            await store.append(event("absent", 1))
        with pytest.raises(SequenceConflictError, match="'d'"):
            await store.append(event("d", 3))
        assert len(await store.events("d")) == 2
        await store.close()

    run(check())


def test_an_event_follows_the_very_one_that_it_was_made_after(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        for opening in (b"the first", b"opened again"):
            await store.append(Write("d", 0, opening))
            for follows in (b"second", b"the first and more"):
                late = Write("d", 1, b"late", follows=follows)
                assert await outcome(store, late) is SequenceConflictError
            if opening == b"the first":
                await store.erase("d")
        assert await outcome(store, Write("d", 1, b"x", follows=b"first")) is SequenceConflictError
        writes = [Write("d", 1, b"next", follows=b"again"), Write("d", 1, b"", follows=b"first")]
        outcomes = await asyncio.gather(*(outcome(store, write) for write in writes))
        assert outcomes == [None, SequenceConflictError]
        assert [bytes(body) for body in await store.events("d")] == [b"opened again", b"next"]
        await store.close()

    run(check())


def test_of_many_at_once_for_one_place_one_wins_and_the_others_are_told(opener: Opener) -> None:
    async def check() -> None:
        first, second = await opener(), await opener()
        await first.append(event("d", 0))
        for seq in range(1, 6):
            writes = [Write("d", seq, f"{seq}-{n}".encode()) for n in range(10)]
            stores = [first, second] * 5
            outcomes = await asyncio.gather(*map(outcome, stores, writes))
            assert sorted(map(str, outcomes)) == sorted(
                map(str, [None, *[SequenceConflictError] * 9])
            )
            won = writes[outcomes.index(None)]
            assert await second.events("d", seq) == [won.event]
        await first.close()
        await second.close()

    run(check())


def test_of_many_openings_at_once_one_wins_and_nobody_else_is_harmed(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        writes = [event("other", 0), *[Write("d", 0, f"{n}".encode(), "u") for n in range(9)]]
        outcomes = await asyncio.gather(*(outcome(store, write) for write in writes))
        assert outcomes == [None, None, *[SequenceConflictError] * 8]
        assert await store.events("d") == [b"0"]
        assert await store.page(user="u") == ["d"]
        await store.close()

    run(check())


def test_a_dialogue_that_goes_on_while_it_is_being_opened_is_still_its_user_s(
    opener: Opener,
) -> None:
    async def check() -> None:
        store = await opener()
        opening = Write("d", 0, b"0", "customer-7")
        await asyncio.gather(store.append(opening), store.append(event("d", 1)))
        assert await store.page(user="customer-7") == ["d"]
        assert len(await store.events("d")) == 2
        await store.close()

    run(check())


def test_what_one_process_stored_another_sees(opener: Opener) -> None:
    async def check() -> None:
        first = await opener()
        await asyncio.gather(*(first.append(event(f"d{n}", 0)) for n in range(300)))
        second = await opener()
        assert await second.count() == 300
        assert await outcome(second, event("d7", 1)) is None
        assert await outcome(first, event("d7", 1)) is SequenceConflictError
        assert len(await first.events("d7")) == 2
        await first.close()
        reopened = await opener()
        assert len(await reopened.events("d7")) == 2
        await second.close()

    run(check())


def test_what_is_erased_is_gone_and_stays_gone(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        await store.append(event("d", 0, user="u"))
        await store.append(event("d", 1))
        assert await store.erase("d")
        assert not await store.erase("d")
        assert await store.events("d") == []
        assert await store.page() == await store.page(user="u") == []
        assert await outcome(store, event("d", 2)) is DialogueNotFoundError
        await store.close()

    run(check())


def test_dialogues_read_together_are_those_read_one_by_one(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        ids = [f"{n:02}'%é" for n in range(40)]
        for number, id in enumerate(ids):
            for seq in range(number % 4 + 1):
                await store.append(event(id, seq))
        asked = [*reversed(ids), "nowhere"]
        assert await store.events_of(asked) == [await store.events(id) for id in asked]
        assert await store.events_of([]) == []
        seen = {}
        async for dialogue, events in every(store):
            seen[dialogue] = events
            if dialogue == ids[0]:  # erased while all are read: not half of it, and no empty one
                await store.erase(ids[20])
        assert seen.keys() == set(ids) - {ids[20]}
        assert all([events == await store.events(id) for id, events in seen.items()])
        await store.close()

    run(check())


def test_pages_name_every_dialogue_once_and_a_user_only_their_own(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        ids = [f"{n:05}" for n in range(PAGE + 20)]
        users = [("one", "two", None)[n % 3] for n in range(len(ids))]
        opened = [event(id, 0, user) for id, user in zip(ids, users, strict=True)]
        await asyncio.gather(*map(store.append, opened))
        assert await store.page() == ids[:PAGE]
        assert [dialogue async for dialogue, _ in every(store)] == ids
        mine = [dialogue for dialogue, user in zip(ids, users, strict=True) if user == "two"]
        assert [dialogue async for dialogue, _ in every(store, "two")] == mine
        assert await store.page(user="three") == []
        erasures = await store.erasures()
        await asyncio.sleep(0.02)
        gone = [await store.expire(0.01) for _ in range(3)]
        assert [len(some) for some in gone] == [PAGE, 20, 0]
        assert sorted(gone[0] + gone[1]) == ids
        assert await store.erasures() > erasures
        assert await store.page() == await store.page(user="two") == []
        await store.close()

    run(check())


def test_only_dialogues_that_have_been_quiet_expire(opener: Opener) -> None:
    async def check() -> None:
        store = await opener()
        for dialogue in ("old", "touched"):
            await store.append(event(dialogue, 0, user="u"))
        await asyncio.sleep(1.0)
        await store.append(event("new", 0, user="u"))
        await store.append(event("touched", 1))
        assert await store.count(quiet=0.9) == 1
        assert await store.expire(60.0) == []
        assert await store.expire(0.9) == ["old"]
        assert await store.expire(0.9) == []
        assert await store.page() == await store.page(user="u") == ["new", "touched"]
        assert await store.count() == 2
        await store.close()

    run(check())


def test_whoever_keeps_what_was_erased_hears_of_it(opener: Opener) -> None:
    async def check() -> None:
        first, second = await opener(), await opener()
        await first.append(event("d", 0))
        before = await second.erasures()
        assert before == await second.erasures()
        await first.erase("d")
        after = await second.erasures()
        assert after > before
        await first.append(event("d", 0))
        await second.erase("d")
        before, after = after, await first.erasures()
        assert after > before
        await first.append(event("e", 0))
        await asyncio.sleep(0.1)
        assert await second.expire(0.05) == ["e"]
        assert await first.erasures() > after
        await first.check()
        await first.close()
        await second.close()

    run(check())


def test_what_is_not_there_is_not_made_by_looking(tmp_path: Path, postgres_url: str) -> None:
    absent = tmp_path / "absent.db"
    for url, message in (
        (f"sqlite:{absent}", f"^--store: {absent}: no such file$"),
        (postgres_url, '^PostgreSQL cannot go on: relation "cueline_dialogue" does not exist'),
    ):
        with pytest.raises(CuelineError, match=message):
            replay([], store=url)
        with pytest.raises(CuelineError, match=message):
            collect(tmp_path / "out.jsonl", store=url)
    assert list(tmp_path.iterdir()) == []


def test_a_url_may_stand_in_a_file_and_what_users_say_is_nobody_elses(tmp_path: Path) -> None:
    async def check() -> None:
        store = await open_store(f"@{tmp_path / 'secret'}")
        await store.append(event("d", 0))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("here.db*")}
        assert set(modes.values()) == {0o600}
        await store.close()

    (tmp_path / "secret").write_text(f"sqlite:{tmp_path / 'here.db'}\n")
    run(check())
    with pytest.raises(SettingsError, match="No such file"):
        run(open_store("@/nowhere"))


def test_what_sqlite_acknowledges_is_on_disk_and_what_it_erases_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it says; only pulling the plug would show more."""
    monkeypatch.setattr(sqlite, "LOCKED_FOR", 2.5)
    path = tmp_path / "new" / "folder" / "dialogues.db"
    run(open_store(f"sqlite:{path}"))
    with closing(sqlite._connect(str(path))) as db:
        settings = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in SQLITE]
    assert settings == list(SQLITE.values())


SQLITE = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "busy_timeout": 2500}
"""The settings with which it is so; 2 is FULL."""


def test_one_thread_writes_to_sqlite_and_one_reads(tmp_path: Path) -> None:
    async def check() -> None:
        store = await open_store(f"sqlite:{tmp_path / 'dialogues.db'}")
        for seq in range(3):
            await asyncio.gather(
                *(store.append(event(f"d{n}", seq)) for n in range(9)),
                *(store.count() for _ in range(9)),
                *(store.check() for _ in range(9)),
            )
        threads = {thread.name for thread in threading.enumerate()}
        assert {name for name in threads if name.lower().count("sqlite")} == {
            "sqlite-writer_0",
            "sqlite-reader_0",
        }
        await store.close()

    run(check())


def test_a_file_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    async def check() -> None:
        path = tmp_path / "dialogues.db"
        store = await open_store(f"sqlite:{path}")
        await store.append(event("d", 0))
        path.rename(tmp_path / "aside.db")
        path.touch()
        with pytest.raises(StoreUnavailableError, match=f"{path} was deleted or replaced"):
            await store.append(event("d", 1))
        await store.close()

    run(check())


def test_while_another_process_writes_sqlite_waits_and_then_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dialogues.db"

    async def opened(patience: float) -> Store:
        monkeypatch.setattr(sqlite, "LOCKED_FOR", patience)
        return await open_store(f"sqlite:{path}")

    async def check() -> None:
        patient, impatient = await opened(60.0), await opened(0.01)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="^SQLite cannot go on: database is locked"):
            await impatient.append(event("d", 0))
        writing = asyncio.create_task(patient.append(event("d", 0)))
        await asyncio.sleep(0.05)
        assert not writing.done()
        other.execute("COMMIT")
        await writing
        other.execute("BEGIN IMMEDIATE")
        with monkeypatch.context() as patch:
            patch.setattr(sqlite, "DEADLINE", 0.05)
            with pytest.raises(
                StoreUnavailableError, match=r"^SQLite has not answered for 0\.05 s"
            ):
                await patient.append(event("d", 1))
        other.execute("COMMIT")
        await patient.append(event("d", 2))  # what was given up was written all the same
        assert len(await patient.events("d")) == 3
        other.close()
        await patient.close()
        await impatient.close()

    run(check())


def test_where_postgresql_cut_the_connection_it_is_read_again_and_writing_is_the_callers(
    postgres_url: str,
) -> None:
    """Whether a write happened only the caller can ask; a read does no harm twice."""

    def cut() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND query LIKE '%cueline_%'"
            )

    async def check() -> None:
        store = await open_store(postgres_url)
        await store.append(event("d", 0))
        for read, expected in (
            (store.events, ["d"]),
            (store.page, []),
            (store.count, []),
            (store.erasures, []),
        ):
            before = await read(*expected)
            cut()
            assert await read(*expected) == before
        await store.append(event("d", 1))  # on a new connection: another broke since
        cut()
        with pytest.raises(StoreUnavailableError, match="^PostgreSQL cannot go on: .*terminat"):
            await store.append(event("d", 2))
        await store.append(event("d", 2))
        assert len(await store.events("d")) == 3
        with pytest.raises(DialogueNotFoundError, match="'absent'"):
            await store.append(event("absent", 1))
        await store.close()

    run(check())


def test_postgresql_commits_once_for_all_that_gathers(postgres_url: str) -> None:
    """A flush to disk costs more than all else: opening and going on do not take one each."""

    async def check() -> list[tuple[str, int]]:
        store = await open_store(postgres_url)
        await store.append(event("d", 0))
        writes = [
            event("d", 1),
            event("e", 0, user="u"),
            event("f", 0),
            event("absent", 40_000),
        ]
        outcomes = await asyncio.gather(*(outcome(store, write) for write in writes))
        assert outcomes == [None, None, None, DialogueNotFoundError]
        assert await store.page(user="u") == ["e"]
        await store.close()
        with psycopg.connect(postgres_url) as connection:
            query = "SELECT dialogue || seq, xmin::text::int FROM cueline_event ORDER BY 1"
            return connection.execute(query).fetchall()

    commits = dict(run(check()))
    assert commits.keys() == {"d0", "d1", "e0", "f0"}
    assert commits["d0"] != commits["d1"] == commits["e0"] == commits["f0"]


WARNING = "Redis may lose turns: {} is {}; set it to {}"


def test_a_redis_that_would_lose_what_it_acknowledged_is_warned_of(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def warnings(url: str) -> list[str]:
        async def check() -> None:
            await (await open_store(url)).close()

        caplog.clear()
        run(check())
        return caplog.messages

    with redis.Redis.from_url(redis_url) as client:
        before = {name: client.config_get(name)[name] for name in SAFE}
        try:
            for name, safe in SAFE.items():
                client.config_set(name, safe)
            assert warnings(redis_url) == []
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("appendfsync", "everysec")
            assert warnings(redis_url) == [
                WARNING.format("appendfsync", "everysec", "always"),
                WARNING.format("maxmemory-policy", "allkeys-lru", "noeviction"),
            ]
            client.acl_setuser(
                "guest",
                enabled=True,
                passwords=["+pw"],
                keys=["*"],
                categories=["+@all"],
                commands=["-config"],
            )
            hosted = redis_url.replace("redis://", "redis://guest:pw@")
            unknown = [WARNING.format(name, "unknown", safe) for name, safe in SAFE.items()]
            assert warnings(hosted) == unknown
        finally:
            for name, value in before.items():
                client.config_set(name, value)
            client.acl_deluser("guest")


def test_redis_keeps_nothing_of_what_was_erased(redis_url: str) -> None:
    async def check() -> None:
        store = await open_store(redis_url)
        with redis.Redis.from_url(redis_url) as client:
            await store.append(event("d", 0))
            assert set(client.keys()) == {b"cueline:ids", b"cueline:touched", b"cueline:dialogue:d"}
            await store.append(event("e", 0, user="u"))
            await store.erase("d")
            await store.erase("e")
            assert set(client.keys()) == {b"cueline:erasures"}
        await store.close()

    run(check())


def test_a_redis_that_has_gone_is_said_at_any_call() -> None:
    with pytest.raises(StoreUnavailableError, match="^Redis cannot go on: .*127.0.0.1:1"):
        run(RedisStore("redis://127.0.0.1:1").count())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgres://127.0.0.1:1/x", "PostgreSQL cannot go on"),
        ("postgresql://127.0.0.1:1/x", "PostgreSQL cannot go on"),
        ("redis://127.0.0.1:1", "Redis cannot go on"),
        ("rediss://127.0.0.1:1", "Redis cannot go on"),
        ("unix:///nowhere.sock", "Redis cannot go on"),
    ],
)
def test_a_server_that_is_not_there_is_said(url: str, message: str) -> None:
    with pytest.raises(StoreUnavailableError, match=message):
        run(open_store(url))


def test_sqlite_takes_paths_of_both_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        for url in ("sqlite:here.db", f"sqlite://{tmp_path}/there.db", "sqlite://near.db"):
            store = await open_store(url)
            await store.append(event("d", 0))
            await store.close()
            assert await (await open_store(url, create=False)).count() == 1

    monkeypatch.chdir(tmp_path)
    run(check())
    names = {path.name for path in tmp_path.glob("*.db")}
    assert names == {"here.db", "there.db", "near.db"}


def test_a_store_that_is_none_is_named() -> None:
    stores = "give memory:, sqlite:FILE, postgresql://... or redis://...$"
    for url, named in (("mysql://here", "mysql"), ("dialogues", "dialogues")):
        with pytest.raises(SettingsError, match=f"^--store: {named} is no store; {stores}"):
            run(open_store(url))
    for url in ("sqlite:", "sqlite://"):
        with pytest.raises(SettingsError, match="^--store: sqlite: needs a file, as in sqlite:d"):
            run(open_store(url))
