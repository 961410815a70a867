"""What the parts of the speed benchmark share: processes that answer, rounds, medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
ROUNDS = 3


def ask(
    module: str,
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
    **given: object,
) -> Figures:
    """What `answer` says in a process of its own; where that fails, why, under "failed"."""
    command = [python, "-m", f"benchmarks.{module}", json.dumps(given)]
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [""]
        return {"failed": f"exit code {done.returncode} {said[-1]}".strip()}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def answer(work: Callable[..., Figures]) -> None:
    """The other end of `ask`: do `work`, and print its figures and the most memory it took."""
    figures = work(**json.loads(sys.argv[1]))
    print(json.dumps({**figures, "peak_mb": peak_mb()}), flush=True)


def peak_mb() -> float:
    """The most memory that this process held.

    Not `ru_maxrss`: on Linux that begins at what the parent process held.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def interleaved(
    systems: Mapping[str, Callable[[], Figures]], rounds: int = ROUNDS
) -> dict[str, list[Figures]]:
    """Every system once a round, A B C A B C, so that what else goes on meets all of them."""
    done: dict[str, list[Figures]] = {name: [] for name in systems}
    for number in range(rounds):
        for name, run in systems.items():
            done[name].append(run())
            print(f"  round {number + 1}: {name}: {brief(done[name][-1])}", flush=True)
    return done


def brief(figures: Figures) -> str:
    """The figures in a line."""
    parts = {
        key: f"{value:,.6g}" for key, value in figures.items() if isinstance(value, int | float)
    }
    return figures.get("failed") or ", ".join(f"{key} {value}" for key, value in parts.items())


def spread(values: Iterable[float]) -> Figures:
    """Median, least and most over the rounds."""
    known = list(values)
    return {"median": statistics.median(known), "min": min(known), "max": max(known)}


def summary(done: Mapping[str, Sequence[Figures]]) -> dict[str, Figures]:
    """The spread of every number of every system; a system that failed says why."""
    return {name: _summed(rounds) for name, rounds in done.items()}


def ratios(done: Mapping[str, Sequence[Figures]], first: str, key: str) -> dict[str, Figures]:
    """How many times as much of `key` the system `first` has as each other one, by rounds."""
    found = {}
    for name, rounds in done.items():
        pairs = [
            (ours[key], theirs[key])
            for ours, theirs in zip(done[first], rounds, strict=True)
            if key in ours and key in theirs
        ]
        if pairs and name != first:
            found[name] = spread(ours / theirs for ours, theirs in pairs)
    return found


def table(title: str, figures: Mapping[str, Figures]) -> str:
    """Systems down, figures across, each `median (least..most)`."""
    columns = list(dict.fromkeys(key for one in figures.values() for key in one))
    lines = [f"\n{title}\n", "| | " + " | ".join(columns) + " |"]
    lines.append("| --- |" + " ---: |" * len(columns))
    for name, one in figures.items():
        cells = [shown(one.get(column, "")) for column in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shown(value: Any) -> str:
    """A spread or a plain value as a person reads it."""
    if isinstance(value, dict):
        low, high = number(value["min"]), number(value["max"])
        middle = number(value["median"])
        return middle if low == high else f"{middle} ({low}..{high})"
    return number(value) if isinstance(value, int | float) else str(value)


def number(value: float) -> str:
    """Three figures or all whole ones."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _summed(rounds: Sequence[Figures]) -> Figures:
    good = [one for one in rounds if "failed" not in one]
    if not good:
        return {"failed": rounds[0]["failed"]}
    keys = dict.fromkeys(key for one in good for key in one)
    return {
        key: spread(values) if isinstance(values[0], int | float) else values[0]
        for key in keys
        if (values := [one[key] for one in good if key in one])
    }
