"""A server in this process: the application whole, on a store that others have open too."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.retraining import Retraining
from cueline.server.domain.sessions import Sessions
from cueline.server.service import Service
from cueline.server.stores.base import Store
from tests.server.machine import library
from tests.server.machine.model import PlainPolicies


@dataclass
class Server:
    """A server, and the policies that it should have."""

    store: Store
    service: Service
    app: ASGIApp
    policies: PlainPolicies
    ahead: float = 0.0
    """Seconds by which its clock is wrong."""

    @classmethod
    async def start(cls, store: Store, folder: Path) -> Server:
        first, second = list(library.policies().values())[:2]
        sessions = Sessions(store, Policies(first, [second]), clock=lambda: time.time() + it.ahead)
        teaching = Retraining(sessions, folder)
        service = Service(sessions, library=folder, teaching=teaching)
        loaded = PlainPolicies(first.hash, [second.hash, first.hash])
        it = cls(store, service, application(service), loaded)
        return it

    async def stop(self) -> None:
        assert self.service.teaching is not None
        while self.service.teaching.running:
            self.service.teaching.stop()
            await asyncio.sleep(0.02)
        await self.store.close()


class Logged(logging.Handler):
    """All that the service logs."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._log = logging.getLogger("cueline")
        self._before = self._log.level, self._log.propagate
        self._log.addHandler(self)
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()} {record.__dict__}\n"

    def end(self) -> None:
        self._log.removeHandler(self)
        self._log.level, self._log.propagate = self._before
