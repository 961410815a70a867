"""Our service beside a plain one of FastAPI and SQLite (`plain`): turns a second, and their ratio.

    make demo                                          a policy to serve, in `policy`
    python -m benchmarks.service.beside_plain          each store that is here, with 1 and 2 servers
    python -m benchmarks.service.beside_plain --store sqlite --rounds 9

Both stand ready on the same machine, and the same client presses the one, then the other, in turn
(which is first changes), so that what else the machine does falls on both. A round gives a ratio;
shown are their median and their range, and the CPU that a turn costs each server.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import uvloop
from benchmarks.service.live import Pressed, press, store
from tests.server.serving import Served

STORES = ("memory", "sqlite", "postgres", "redis")


def compare(name: str, count: int, asked: argparse.Namespace) -> None:
    """`count` servers of each kind on a store of their own."""
    where = Path(tempfile.mkdtemp())
    with store(name, where) as url, contextlib.ExitStack() as stack:
        kinds = {"ours": {"store": url}}
        kinds["plain"] = {"store": f"sqlite:{where / 'plain.db'}", "module": PLAIN}
        servers = {
            kind: [
                stack.enter_context(Served(asked.policy, where / "log", **options))
                for _ in range(count)
            ]
            for kind, options in kinds.items()
        }
        rounds: dict[str, list[Pressed]] = {kind: [] for kind in kinds}
        for number in range(asked.rounds + 1):
            for kind in sorted(kinds, reverse=number % 2 == 1):
                pressed = uvloop.run(press(servers[kind], asked.dialogues, asked.seconds))
                rounds[kind] += [pressed] if number else []  # the first one warms up
    shutil.rmtree(where)
    print_row(name, count, rounds["ours"], rounds["plain"])


PLAIN = "benchmarks.service.plain"


def print_row(name: str, count: int, ours: Sequence[Pressed], plain: Sequence[Pressed]) -> None:
    ratios = [one.rate / other.rate for one, other in zip(ours, plain, strict=True)]
    rates = [np.median([each.rate for each in kind]) for kind in (ours, plain)]
    costs = [np.median([each.cpu for each in kind]) * 1e6 for kind in (ours, plain)]
    print(
        f"| {name} | {count} | {rates[0]:,.0f} | {rates[1]:,.0f} | {np.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}) | {costs[0]:.0f} | {costs[1]:.0f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policy", type=Path, nargs="?", default=Path("policy"))
    parser.add_argument("--store", nargs="*", default=STORES, choices=STORES)
    parser.add_argument("--servers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--dialogues", type=int, default=64)
    asked = parser.parse_args()
    print("| store | servers | turns/s | plain | ratio | CPU a turn, us | plain |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for count in asked.servers:
        for name in asked.store:
            if name != "memory" or count == 1:  # no two servers share it
                compare(name, count, asked)


if __name__ == "__main__":
    main()
