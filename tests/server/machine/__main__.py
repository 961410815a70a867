"""`python -m tests.server.machine --store sqlite --minutes 15 --seed 1`: the machine for a while.

Prints the seed of each round, and what it found: the shortest order of calls that shows it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.server.machine.rules import ServiceMachine
from tests.server.machine.stores import (
    MemoryShelf,
    PostgresShelf,
    RedisShelf,
    Shelf,
    SqliteShelf,
)
from tests.server.servers import Postgres, Redis, folder

ROUND = 10
"""Orders of calls drawn from one seed."""


def rounds(shelf: Callable[[], Shelf], seed_: int, examples: int = ROUND, steps: int = 80) -> int:
    """Run the machine `examples` times; return how many requests it made."""

    class Machine(ServiceMachine):
        asked = 0

    Machine.shelf = staticmethod(shelf)
    settled = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=False,
    )
    run_state_machine_as_test(seed(seed_)(Machine), settings=settled)
    return Machine.asked


@contextmanager
def shelves(store: str) -> Iterator[Callable[[], Shelf]]:
    if store in ("memory", "sqlite"):
        yield MemoryShelf if store == "memory" else SqliteShelf
        return
    # In memory, where there is a place for files there: no power is cut here.
    place = "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"
    server = (Postgres if store == "postgres" else Redis)(folder(place))
    server.start()
    try:
        url = server.url
        yield (lambda: PostgresShelf(url)) if store == "postgres" else (lambda: RedisShelf(url))
    finally:
        server.stop()
        shutil.rmtree(server.folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.server.machine", description=__doc__)
    parser.add_argument(
        "--store", choices=["memory", "sqlite", "postgres", "redis"], default="sqlite"
    )
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began, number, calls, found = time.monotonic(), asked.seed, 0, 0
    with shelves(asked.store) as shelf:
        while time.monotonic() < began + 60 * asked.minutes:
            try:
                calls += rounds(shelf, number)
                print(f"{asked.store}: seed {number}: nothing found", flush=True)
            except Exception:
                found += 1
                traceback.print_exc()
                print(f"{asked.store}: seed {number}: FOUND, see above", flush=True)
                break
            number += 1
    minutes = (time.monotonic() - began) / 60
    print(
        f"{asked.store}: seeds {asked.seed} to {number - 1}, {minutes:.1f} minutes, {calls} calls, "
        f"{found} found"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
