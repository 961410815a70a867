"""What becomes of the service when things break: servers, store, lines, clocks and disks.

    python -m benchmarks.service.faults                              every fault on every store
    python -m benchmarks.service.faults --store sqlite --fault "server killed" --tries 20 --seed 7

Two servers (one on memory) and eight clients that repeat each call, with its key, until it is
answered. A fault comes at any moment, lasts, and is mended: what was killed is started, what was
paused, cut, full or set wrong is not any more. From then on the seconds count until each server
takes a turn. Then all that was answered must be there once, in order, with the same decisions, what
was erased must be gone, and `cueline replay` must find every decision as it was. A cell of the
table says how often that was tried (in how many tries a call had to be sent again), what was found
wrong, and the seconds until the service was well again, at the worst.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from contextlib import aclosing

from tests.server.faults.campaign import Outcome, campaign
from tests.server.faults.injected import FAULTS
from tests.server.faults.rig import STORES

Key = tuple[str, str]


class Progress:
    """A line that says how far it is, on a terminal in place; else every half minute."""

    def __init__(self) -> None:
        self._told = 0.0

    def show(self, what: str, done: int, of: int, seconds: float) -> None:
        rate = done / seconds
        line = f"{what}: {done} of {of}, {rate:.2f} a second, {(of - done) / rate:.0f} s left"
        if sys.stderr.isatty():
            print(f"\r{line:<79}", end="\n" if done == of else "", file=sys.stderr, flush=True)
        elif time.monotonic() > self._told + 30 or done == of:
            self._told = time.monotonic()
            print(line, file=sys.stderr, flush=True)


async def run(store: str, fault: str, tries: int, seed: int, outcome: Outcome) -> None:
    progress, began = Progress(), time.monotonic()
    async with aclosing(campaign(store, fault, tries, seed)) as outcomes:
        async for one in outcomes:
            outcome.add(one)
            progress.show(f"{store}, {fault}", outcome.tries, tries, time.monotonic() - began)
            for what in one.told:
                print(f"FOUND: {what}", file=sys.stderr, flush=True)


def cell(outcome: Outcome) -> str:
    """Tries, in how many a call had to be sent again, what was found, and the worst recovery."""
    found = ", ".join(f"{count} {what}" for what, count in outcome.wrong.items()) or "nothing"
    return f"{outcome.tries} ({outcome.felt}): {found}; {outcome.worst:.1f} s"


def table(outcomes: dict[Key, Outcome], stores: list[str], faults: list[str]) -> str:
    def told(store: str, fault: str) -> str:
        if (store, fault) == ("memory", "server killed"):
            return "not promised"
        return cell(outcomes[store, fault]) if (store, fault) in outcomes else ""

    rows = [["fault", *stores], ["---"] * (1 + len(stores))]
    rows += [[fault, *(told(store, fault) for store in stores)] for fault in faults]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def interrupt(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", nargs="*", choices=STORES, default=list(STORES))
    parser.add_argument("--fault", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--tries", type=int, help="of each fault; 20 to 200 if not said")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    wanted = [(s, f) for s in asked.store for f in asked.fault if s in FAULTS[f].stores]
    outcomes: dict[Key, Outcome] = {}
    print(f"seed {asked.seed}", flush=True)
    try:
        for store, fault in wanted:
            outcome = outcomes[store, fault] = Outcome()
            tries = asked.tries or FAULTS[fault].tries
            asyncio.run(run(store, fault, tries, asked.seed, outcome))
            print(f"{store}, {fault}: {cell(outcome)}, {outcome.calls:,} calls", flush=True)
    except KeyboardInterrupt:
        print("interrupted; so far:")
    print(table(outcomes, asked.store, asked.fault))
    sys.exit(any(outcome.wrong for outcome in outcomes.values()))


if __name__ == "__main__":
    main()
