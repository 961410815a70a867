"""Servers behind PgBouncer, set as `deploy/kubernetes/pooler` is, find sessions of their own."""

from __future__ import annotations

import asyncio
import shutil
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from cueline.server.domain.audit import replay
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import DEADLINE
from cueline.server.stores.open import open_store
from tests.server.acting import policy
from tests.server.conftest import run
from tests.server.servers import Postgres, Server, folder

pytestmark = pytest.mark.slow
CONFIG = Path(__file__).parents[2] / "deploy" / "kubernetes" / "pooler" / "pgbouncer.ini"


class Pooler(Server):
    def __init__(self, folder: Path, postgres: str) -> None:
        super().__init__(folder)
        database = urlsplit(postgres)
        settings = ConfigParser()
        settings.read(CONFIG)
        there = f"host=127.0.0.1 port={database.port} dbname=pooled user=postgres"
        settings["databases"]["cueline"] = there
        own = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "any",
            "default_pool_size": "4",
        }
        settings["pgbouncer"].update(own)
        with (folder / "pgbouncer.ini").open("w") as file:
            settings.write(file)
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/cueline"

    account = Postgres.account

    def command(self) -> list[str]:
        return ["pgbouncer", str(self.folder / "pgbouncer.ini")]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def test_servers_keep_their_sessions_and_wait_for_no_other(postgres_server: str) -> None:
    if shutil.which("pgbouncer") is None:
        pytest.skip("no pgbouncer here: install Debian's package")
    pooler = Pooler(folder(), postgres_server)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pooled")
    pooler.start()

    async def check() -> None:
        stores = [await open_store(pooler.url) for _ in range(2)]
        both = [Sessions(store, Policies(policy())) for store in stores]
        dialogue = await both[0].open()
        for number, words in enumerate(("find me a table", "for two", "yes", "no")):
            await both[number % 2].step(dialogue, StepRequest(words))
        assert (await replay(stores[1], [policy()])).decisions == 4
        kept = [
            (await line._run(f"SHOW {name}", None))[0][0]
            for line in (stores[0]._reader, stores[0]._writer)
            for name in ("statement_timeout", "plan_cache_mode")
        ]
        deadline = f"{int(DEADLINE / 2 * 1000)}ms"
        assert kept == [deadline, "auto", deadline, "force_generic_plan"], "each its own"
        await asyncio.gather(*(store.close() for store in stores))
        again = await open_store(pooler.url)  # a connection that another had, without its settings
        assert len(await again.events(dialogue)) == 5
        await again.close()

    try:
        run(check())
    finally:
        pooler.stop()
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute("DROP DATABASE pooled WITH (FORCE)")
        shutil.rmtree(pooler.folder)
