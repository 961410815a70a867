"""Two servers on a store, with a proxy in every line, clocks to be set and disks to be filled."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.server.acting import policy
from tests.server.faults import served
from tests.server.faults.preload import Preload, compiled, compiler
from tests.server.faults.proxy import Proxy
from tests.server.servers import Postgres, Redis, Server, folder
from tests.server.serving import Served

STORES = ("memory", "sqlite", "postgres", "redis")
SWEEP = 0.5
"""Seconds between looks for what has expired: a wrong clock shows its harm at once."""


class Rig:
    """All that can fail, and what it takes to start it again."""

    def __init__(self, store: str, where: Path, dice: random.Random) -> None:
        self.store, self.where, self.dice = store, where, dice
        self.database: Server | None = None
        """The store's own server, where it has one."""
        self.servers: list[Served] = []
        self.fronts: list[Proxy] = []
        """Between clients and each server."""
        self.backs: list[Proxy] = []
        """Between each server and the store's."""
        self.clocks: list[Preload] = []
        """The clock of each machine that there would be."""
        self.disk: Preload | None = None
        """That of the store."""
        self.url = ""
        """The store without a proxy before it; empty if only its server can reach it."""

    @property
    def policy(self) -> Path:
        return self.where / "policy"

    @property
    def file(self) -> Path:
        """That of SQLite."""
        return self.where / "data" / "dialogues.db"

    async def start(self, environment: Mapping[str, str]) -> None:
        policy().save(self.policy)
        library = compiled(self.where) if compiler() else None
        if self.store in ("postgres", "redis"):
            database = await self._start_database(library)
            for number in range(2):  # each on a machine of its own
                machine = self._preload(library, f"server-{number}", self.where / "nothing")
                back = await self._proxy(database.port)
                self.backs.append(back)
                await self._start_server(database.at(back.port), machine, environment)
            return
        machine = self._preload(library, "machine", self.file.parent)
        if self.store == "memory":
            await self._start_server("memory:", machine, environment)
            return
        self.url, self.disk = f"sqlite:{self.file}", machine
        for _ in range(2):
            await self._start_server(self.url, machine, environment)

    async def stop(self) -> None:
        for server in self.servers:
            if server.process is not None and server.process.poll() is None:
                server.stop(signal.SIGKILL)
        for proxy in (*self.fronts, *self.backs):
            await proxy.stop()
        if self.database is not None and self.database.process is not None:
            self.database.kill()

    async def _start_database(self, library: Path | None) -> Server:
        self.database = database = (Postgres if self.store == "postgres" else Redis)(self.where)
        under = self.where / ("data" if self.store == "postgres" else "appendonlydir")
        self.disk = self._preload(library, "database", under)
        database.environment = _told(self.disk)
        await asyncio.to_thread(database.start)
        self.url = database.url
        return database

    async def _start_server(
        self, url: str, machine: Preload | None, environment: Mapping[str, str]
    ) -> None:
        server = Served(
            self.policy,
            self.where / "log",
            module=served.__name__,
            environment={served.SWEEP: str(SWEEP), **environment, **_told(machine)},
            store=url,
        )
        self.servers.append(server)
        await asyncio.to_thread(server.start)
        self.fronts.append(await self._proxy(server.port))

    async def _proxy(self, port: int) -> Proxy:
        proxy = Proxy(port, self.dice)
        await proxy.start()
        return proxy

    def _preload(self, library: Path | None, name: str, under: Path) -> Preload | None:
        if library is None:
            return None
        made = Preload(library, self.where / f"{name}.told", under)
        self.clocks.append(made)
        return made


def _told(preload: Preload | None) -> dict[str, str]:
    return {} if preload is None else preload.environment


@asynccontextmanager
async def rig(
    store: str, seed: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Rig]:
    """A rig of its own in a new folder, in memory where there is a place for files there."""
    where = folder("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")
    made = Rig(store, where, random.Random(seed))
    try:
        await made.start(environment or {})
        yield made
    finally:
        await made.stop()
        shutil.rmtree(where)
