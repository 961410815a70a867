"""Starting speed: seconds from the start of a process to where it can be used."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.acting import EPOCHS, policy_folder
from benchmarks.speed.rounds import Figures

STARTS = 15
_LOAD = """
import time
from cueline.policy import Policy
began = time.perf_counter()
Policy.load({!r})
print(time.perf_counter() - began)
"""


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Beside a Python that does nothing, start after start."""
    folder = policy_folder(corpora, work, epochs or EPOCHS, sample)
    policy = str(folder / "policy")
    systems = {
        "python -c pass": partial(ended, "pass"),
        "import cueline": partial(ended, "import cueline"),
        "from cueline import Policy": partial(ended, "from cueline import Policy"),
        "Policy.load, imports apart": partial(ended, _LOAD.format(policy)),
        "cueline act, to its first decision": partial(first_decision, policy),
    }
    done = rounds.summary(rounds.interleaved(systems, STARTS))
    print(rounds.table("Starting, seconds", done), flush=True)
    return done


def ended(code: str) -> Figures:
    """Of a process that runs `code`; what it prints goes before the clock's reading."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    return {"s": float(done.stdout) if done.stdout else seconds}


def first_decision(policy: str) -> Figures:
    """Of the command, to the line that answers the first turn."""
    command: Sequence[str] = [str(Path(sys.executable).with_name("cueline")), "act", policy]
    turn = json.dumps({"user": "find me a place to eat in San Jose"})
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(turn + "\n")
        process.stdin.flush()
        decision = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.stdin.close()
    if not decision:
        raise SystemExit(f"{' '.join(command)}: no decision")
    return {"s": seconds}
