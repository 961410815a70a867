"""Acting speed: from a turn's text to the decision, with a memory of 256 and 250 actions.

Microseconds a turn of the project, of the same weights in other runtimes, and of Keras called on
the dialogue so far at its twentieth turn. All act on the same turns, one piece of a dialogue after
the other, round by round; and before that, all must give the same probabilities.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speed import rounds
from benchmarks.speed.corpora import write_domain_actions
from benchmarks.speed.rounds import Figures
from benchmarks.speed.runtimes import Keras, Network, Onnx, Ours, Runtime, Torch

from cueline.corpus import read_all
from cueline.dialogue import Turn
from cueline.policy import Policy

EPOCHS = 10
UNITS = 256
TURNS = 20
"""Turns of a piece."""
PIECES = 50
"""Pieces a round."""
KERAS_PIECES = 10
"""Those of Keras, which is slow: so few that its p99 is its slowest turn."""
ACTING_ROUNDS = 5
LATE = 10_000
"""The turn that turn 10 is compared with."""
KERAS = "Keras on the dialogue so far, turn 20"
_CLOSE = 1e-4


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Train the policy once, then measure beside Keras on each backend."""
    folder = policy_folder(corpora, work, epochs or EPOCHS, sample)
    figures: Figures = {}
    for backend in ("torch", "jax"):
        if not find_spec(backend):
            print(f"acting beside Keras on {backend}: not installed")
            continue
        chosen = {"KERAS_BACKEND": backend}
        done = figures[backend] = rounds.ask("speed.acting", chosen, folder=str(folder))
        if "failed" in done:
            print(f"acting beside Keras on {backend}: {done['failed']}")
            continue
        about = f"{done['actions']} actions, memory of {UNITS}, Keras on {backend}"
        print(rounds.table(f"Acting, microseconds a turn, {about}", done["systems"]))
        print(rounds.table("The median of another over ours, by rounds", done["times_ours"]))
        print(rounds.table(f"Ours at turn 10 and at turn {LATE:,}", done["flatness"]), flush=True)
        print("".join(f"{name}: {why}\n" for name, why in done["skipped"].items()), end="")
    return figures


def policy_folder(corpora: Path, work: Path, epochs: int, sample: int | None) -> Path:
    """The folder with `policy` and the `dev.jsonl` to act on, made unless it stands there."""
    folder = work / f"acting-{epochs}-{sample or 'all'}"
    if not (folder / "policy").exists():
        print(f"training the policy that acts, {epochs} epochs", flush=True)
        write_domain_actions(corpora, sample, folder)
        done = rounds.ask("speed.teaching", folder=str(folder), epochs=epochs, units=UNITS)
        if "failed" in done:
            raise SystemExit(done["failed"])
    return folder


def measured(folder: str) -> Figures:
    """All runtimes that are here, in one process."""
    policy = Policy.load(Path(folder, "policy"))
    stream = [turn for d in read_all([Path(folder, "dev.jsonl")]) for turn in d.turns]
    pieces = [stream[first : first + TURNS] for first in range(0, len(stream) - TURNS, TURNS)]
    words = max(len(policy.featurizer.turn(turn, ()).words) for turn in stream)
    skipped, runtimes = _made(
        {
            "ours": lambda: Ours(policy),
            "ours, probabilities alone": lambda: Network(policy),
            "torch by hand": lambda: Torch(policy),
            "ONNX Runtime, probabilities alone": lambda: Onnx(policy, Path(folder)),
            KERAS: lambda: Keras(policy, words),
        }
    )
    _check(runtimes, pieces[0])
    systems = _acting(runtimes, pieces)
    return {
        "actions": len(policy.actions),
        "systems": {
            name: {
                **rounds.summary({"": done})[""],
                "allocated_bytes": _allocated(name, one, pieces),
            }
            for (name, done), one in zip(systems.items(), runtimes.values(), strict=True)
        },
        "times_ours": {
            name: {"times": rounds.spread(1 / low for low in lows)}
            for name, lows in _shares(systems).items()
        },
        "flatness": _flatness(policy, stream),
        "skipped": skipped,
    }


def _made(makers: dict[str, Callable[[], Runtime]]) -> tuple[dict[str, str], dict[str, Runtime]]:
    """Those that can be made, and why others cannot."""
    skipped, made = {}, {}
    for name, make in makers.items():
        try:
            made[name] = make()
        except ImportError as error:
            skipped[name] = f"left out: {error}"
    return skipped, made


def _check(runtimes: dict[str, Runtime], piece: Sequence[Turn]) -> None:
    """Raise `SystemExit` where one decides by other numbers."""
    found: dict[str, Any] = {}
    for name, runtime in runtimes.items():
        runtime.start(piece[:-1])
        found[name] = np.array(list(runtime.act(piece[-1]).values()))
        if not np.allclose(found[name], found["ours"], atol=_CLOSE):
            raise SystemExit(f"{name}: other probabilities than ours")


def _acting(runtimes: dict[str, Runtime], pieces: Sequence[Sequence[Turn]]) -> dict[str, list[Any]]:
    """p50 and p99 of each round; the first one warms up and does not count."""
    done: dict[str, list[Figures]] = {name: [] for name in runtimes}
    for number in range(ACTING_ROUNDS + 1):
        some = [pieces[(number * PIECES + n) % len(pieces)] for n in range(PIECES)]
        for name, runtime in runtimes.items():
            gc.collect()
            spent = np.concatenate(
                [_clocked(name, runtime, piece) for piece in some[: _pieces_of(name)]]
            )
            if number:
                low, high = np.percentile(spent, (50, 99)) / 1000
                done[name].append({"p50_us": float(low), "p99_us": float(high)})
    return done


def _pieces_of(name: str) -> int:
    """How many pieces a runtime acts on in a round."""
    return KERAS_PIECES if name == KERAS else PIECES


def _clocked(name: str, runtime: Runtime, piece: Sequence[Turn]) -> list[int]:
    """Nanoseconds at each turn of the piece; in Keras at the last alone."""
    before = piece[:-1] if name == KERAS else ()
    runtime.start(before)
    spent = []
    for turn in piece[len(before) :]:
        began = time.perf_counter_ns()
        runtime.act(turn)
        spent.append(time.perf_counter_ns() - began)
    return spent


def _shares(systems: dict[str, list[Any]]) -> dict[str, list[float]]:
    """Our median over each other one's, by rounds."""
    ours = [one["p50_us"] for one in systems["ours"]]
    return {
        name: [mine / one["p50_us"] for mine, one in zip(ours, done, strict=True)]
        for name, done in systems.items()
        if name != "ours"
    }


def _allocated(name: str, runtime: Runtime, pieces: Sequence[Sequence[Turn]]) -> float:
    """Bytes that Python and NumPy held at the most for one turn, at the median.

    What torch, JAX and ONNX Runtime allocate for themselves is not seen.
    """
    peaks = []
    tracemalloc.start()
    for piece in pieces[:5]:
        runtime.start(piece[:-1])
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        runtime.act(piece[-1])
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return float(np.median(peaks))


def _flatness(policy: Policy, stream: Sequence[Turn]) -> dict[str, Figures]:
    """The same turns from the state at turn 10 and from that at turn 10,000, one by one."""
    states, state = {}, policy.start()
    for number, turn in enumerate(islice(chain.from_iterable([stream] * LATE), LATE)):
        if number + 1 == 10:
            states["turn 10"] = state
        _, state = policy.act(turn, state)
    states[f"turn {LATE}"] = state
    medians: dict[str, list[float]] = {name: [] for name in states}
    for number in range(ACTING_ROUNDS):
        spent: dict[str, list[int]] = {name: [] for name in states}
        for turn in stream[number * 200 : number * 200 + 1000]:
            for name, kept in states.items():
                began = time.perf_counter_ns()
                policy.act(turn, kept)
                spent[name].append(time.perf_counter_ns() - began)
        for name, times in spent.items():
            medians[name].append(float(np.median(times)) / 1000)
    early, late = medians.values()
    ratio = [after / before for before, after in zip(early, late, strict=True)]
    p50 = {name: {"p50_us": rounds.spread(times)} for name, times in medians.items()}
    return {**p50, "late over early": {"p50_us": rounds.spread(ratio)}}


if __name__ == "__main__":
    rounds.answer(measured)
