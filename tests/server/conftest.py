from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import redis

from cueline.server.stores.base import Store
from cueline.server.stores.memory import MemoryStore
from cueline.server.stores.open import open_store
from tests.server.servers import Postgres, Redis, Server, folder

T = TypeVar("T")
Opener = Callable[[], Awaitable[Store]]
DEADLINE = float(os.environ.get("CUELINE_TEST_DEADLINE", "120"))
"""Seconds after which a test that waits for ever fails."""
ABSENT = "no {} here: install Debian's package, or set {} to one for tests alone"


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, DEADLINE))


def absent(reason: str) -> None:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("CUELINE_TEST_SERVERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def _running(server: Server) -> Iterator[str]:
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if url := os.environ.get("CUELINE_TEST_POSTGRES"):
        yield url
    elif Postgres.binaries() is None:
        absent(ABSENT.format("PostgreSQL", "CUELINE_TEST_POSTGRES"))
    else:
        yield from _running(Postgres(folder()))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    if url := os.environ.get("CUELINE_TEST_REDIS"):
        yield url
    elif Redis.binary() is None:
        absent(ABSENT.format("Redis", "CUELINE_TEST_REDIS"))
    else:
        yield from _running(Redis(folder()))


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A schema of its own."""
    schema = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{postgres_server}?options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty database."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return redis_server


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store, every time the same one, as several processes would."""
    if request.param == "memory":
        store = MemoryStore()

        async def same() -> Store:
            return store

        return same
    if request.param == "sqlite":
        url = f"sqlite:{tmp_path / 'dialogues.db'}"
    else:
        url = request.getfixturevalue(f"{request.param}_url")
    return lambda: open_store(url)
