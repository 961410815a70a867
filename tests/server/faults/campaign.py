"""Fault after fault on a rig: clients talk, it breaks, it is mended, the history is checked."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from cueline.server.command import replay
from tests.server.faults.history import Client, RefusedError, Talk, found_wrong, stored_turns
from tests.server.faults.injected import FAULTS, Fault
from tests.server.faults.rig import Rig, rig
from tests.server.serving import Served

CLIENTS = 8
WELL = 10.0
"""Seconds within which the service must be well again."""
HANGS = 60.0
"""Seconds after which it is not waited for any more."""


@dataclass
class Outcome:
    """What became of one try, or of many together."""

    tries: int = 0
    felt: int = 0
    """Tries in which a call had to be sent again."""
    calls: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0
    """Seconds that it took at the most to be well again."""
    told: list[str] = field(default_factory=list)
    """What was wrong, in words."""

    def add(self, other: Outcome) -> None:
        self.tries += other.tries
        self.felt += other.felt
        self.calls += other.calls
        self.wrong += other.wrong
        self.worst = max(self.worst, other.worst)
        self.told += other.told


class Campaign:
    """Tries on a rig, and all that was acknowledged in them."""

    def __init__(self, on: Rig) -> None:
        self._rig, self._dice = on, on.dice
        self._talks: list[Talk] = []
        self._number = 0

    async def attempt(self, fault: Fault) -> Outcome:
        """Clients talk; the fault comes and goes; then everything must be as it was answered."""
        self._number += 1
        outcome, stop = Outcome(tries=1), asyncio.Event()
        ports = [front.port for front in self._rig.fronts]
        clients = [self._client(f"{number}", ports) for number in range(CLIENTS)]
        talking = [asyncio.create_task(client.talk(stop)) for client in clients]
        try:
            await self._warm(clients, talking)
            began = await self._break(fault)
            probes = [self._client(f"p{n}", [s.port], 1.0) for n, s in enumerate(self._rig.servers)]
            async with asyncio.timeout(HANGS):
                await asyncio.gather(*(probe.greet() for probe in probes))
                outcome.worst = time.monotonic() - began
                clients += probes
                stop.set()
                await asyncio.gather(*talking)
            outcome.wrong["slow"] += outcome.worst > WELL
            mine = [talk for client in clients for talk in client.talks]
            self._talks += mine
            await self._check(outcome, mine, self._rig.servers)
        except RefusedError as error:
            outcome.wrong["refused"] += 1
            outcome.told.append(str(error))
        except TimeoutError:
            outcome.wrong["hangs"] += 1
            outcome.worst = HANGS
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
            for client in clients:
                client.close()
        outcome.wrong = +outcome.wrong
        outcome.calls = sum(client.answered for client in clients)
        outcome.felt = int(any(client.repeated for client in clients))
        return outcome

    async def end(self) -> Outcome:
        """All that was ever answered is there; computed again; and no dialogue or turn too many."""
        outcome = Outcome()
        await self._check(outcome, self._talks, self._rig.servers[:1])
        if not self._rig.url:
            return outcome
        report = await asyncio.to_thread(replay, [self._rig.policy], store=self._rig.url)
        there = [talk for talk in self._talks if not talk.erased]
        expected = len(there), sum(len(talk.turns) for talk in there)
        if not report.clean or (report.dialogues, report.decisions) != expected:
            outcome.wrong["replay"] += 1
            outcome.told.append(f"{expected} dialogues and turns were answered; replay: {report}")
        return outcome

    async def _warm(self, clients: list[Client], talking: list[asyncio.Task[None]]) -> None:
        """Until some calls were answered, so that it breaks at any moment, but at work."""
        enough = self._dice.randint(5, 60)
        while sum(client.answered for client in clients) < enough:
            if ended := [task for task in talking if task.done()]:
                ended[0].result()
            await asyncio.sleep(0.002)

    async def _break(self, fault: Fault) -> float:
        """Return when it began to be mended."""
        async with fault.inject(self._rig):
            short = self._dice.uniform(0.02, min(fault.longest, 1.0))
            await asyncio.sleep(fault.longest if self._dice.random() < 0.15 else short)
            return time.monotonic()

    async def _check(
        self, outcome: Outcome, talks: Sequence[Talk], servers: Sequence[Served]
    ) -> None:
        for talk in talks:
            for server in servers:
                wrong = found_wrong(talk, await stored_turns(server.port, talk.dialogue))
                outcome.wrong += wrong
                if wrong:
                    outcome.told.append(f"{talk}: {dict(wrong)}")

    def _client(self, name: str, ports: list[int], *patience: float) -> Client:
        dice = random.Random(self._dice.random())
        named = f"{self._number}-{name}"
        return Client(named, ports, dice, *([patience] if patience else []))


async def campaign(
    store: str, name: str, tries: int, seed: int, environment: dict[str, str] | None = None
) -> AsyncGenerator[Outcome, None]:
    """The outcome of each try of the fault `name`; the last with that of a look at all."""
    async with rig(store, seed, environment) as on:
        running = Campaign(on)
        for number in range(tries):
            outcome = await running.attempt(FAULTS[name])
            if outcome.wrong.keys() & {"hangs", "refused"}:  # what it knows is not known
                yield outcome
                return
            if number == tries - 1:
                outcome.add(await running.end())
            yield outcome


async def together(store: str, name: str, tries: int, seed: int, **environment: str) -> Outcome:
    """The outcome of all tries."""
    total = Outcome()
    async with aclosing(campaign(store, name, tries, seed, environment)) as outcomes:
        async for outcome in outcomes:
            total.add(outcome)
    return total
