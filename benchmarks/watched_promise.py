"""What a watched promise comes to: drawn streams of sure turns, of which some are wrong.

    python -m benchmarks.watched_promise                     under a minute
    python -m benchmarks.watched_promise --promised 0.01 --audit 0.1

`answered` is the share of sure turns that the policy answers, `wrong` those of them that are
wrong, on the average of the streams and at the worst one, `from` the turn at which it first
answers (the median). For streams that change half-way, `found after` is how many turns it answers
on until the change is found, and `wrong then` how many of these are wrong.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from statistics import mean, median
from typing import NamedTuple

from cueline.server.domain.risk_watch import RiskWatch

TURNS = 20_000
Risk = Callable[[float, float], float]
"""The chance to be wrong, from how far the stream is (0 to 1) and the confidence."""

STREAMS: dict[str, Risk] = {
    "none wrong": lambda at, confidence: 0.0,
    "1/5 of the promise": lambda at, confidence: 0.2,
    "1/2 of the promise": lambda at, confidence: 0.5,
    "4/5 of the promise": lambda at, confidence: 0.8,
    "6/5 of the promise": lambda at, confidence: 1.2,
    "where least confident": lambda at, confidence: 30 * (1 - confidence),
    "1/5, then 2 times": lambda at, confidence: 0.2 if at < 0.5 else 2.0,
    "1/5, then 5 times": lambda at, confidence: 0.2 if at < 0.5 else 5.0,
    "1/5, then 10 times": lambda at, confidence: 0.2 if at < 0.5 else 10.0,
}


class Outcome(NamedTuple):
    """What came of a stream."""

    answered: int
    wrong: int
    first: int
    found: int
    found_wrong: int


def outcome(risk: Risk, promised: float, audit: float, seed: int) -> Outcome:
    """A stream of `TURNS` sure turns; confidences lie between 0.95 and 1."""
    draw, watch = random.Random(seed), RiskWatch(promised)
    answered = wrong = found = found_wrong = 0
    first, half, changed = TURNS, TURNS // 2, True
    for turn in range(TURNS):
        confidence = 0.95 + 0.05 * draw.random()
        is_wrong = draw.random() < promised * risk(turn / TURNS, confidence)
        if not watch.answers(confidence):
            watch.audited(confidence, is_wrong)
            changed = changed and turn < half
            continue
        first = min(first, turn)
        if draw.random() < audit:
            watch.audited(confidence, is_wrong)
            continue
        answered, wrong = answered + 1, wrong + is_wrong
        if turn >= half and changed:
            found, found_wrong = found + 1, found_wrong + is_wrong
    return Outcome(answered, wrong, first, found, found_wrong)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    read.add_argument("--promised", type=float, default=0.05)
    read.add_argument("--audit", type=float, default=0.02)
    read.add_argument("--streams", type=int, default=20)
    given = read.parse_args()
    print("| stream | answered | wrong | at the worst | from | found after | wrong then |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, risk in STREAMS.items():
        outcomes = [
            outcome(risk, given.promised, given.audit, seed) for seed in range(given.streams)
        ]
        shares = [one.wrong / one.answered if one.answered else 0.0 for one in outcomes]
        whole = sum(one.answered for one in outcomes)
        wrong = sum(one.wrong for one in outcomes) / whole if whole else 0.0
        first = median(one.first for one in outcomes)
        columns = [
            f"{whole / given.streams / TURNS:.0%}",
            f"{wrong:.2%}",
            f"{max(shares):.2%}",
            f"{first:,.0f}" if first < TURNS else "never",
        ]
        changes = "then" in name
        columns.append(f"{mean(one.found for one in outcomes):,.0f}" if changes else "")
        columns.append(f"{mean(one.found_wrong for one in outcomes):,.0f}" if changes else "")
        print(f"| {name} | " + " | ".join(columns) + " |", flush=True)


if __name__ == "__main__":
    main()
