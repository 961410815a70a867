"""Memory of training: the most that one epoch of default training holds, as the corpus grows.

The corpus is SGD's training dialogues 1, 4 and 16 times over, each first with nothing in the cache
(cold), then with what that run left there (warm). On the corpus as it is, cores are compared too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.corpora import write_repeated
from benchmarks.speed.rounds import Figures

TIMES = (1, 4, 16)
CORES = (1, 2)
EPOCHS = 5
"""By cores."""


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Cores round by round; the larger corpora once, since memory hardly differs by rounds."""
    have = len(os.sched_getaffinity(0))
    cores = [count for count in CORES if count <= have]
    if missing := [count for count in CORES if count > have]:
        print(f"memory: {missing} cores are left out, since {have} may be used", flush=True)
    with tempfile.TemporaryDirectory(dir=work) as made:
        folders = {times: Path(made, str(times)) for times in TIMES}
        for times, folder in folders.items():
            folder.mkdir()
            write_repeated(corpora, sample, times, folder / "train.jsonl")
        several = epochs or EPOCHS
        by_cores = {f"{count} cores": _teaching(folders[1], count, several) for count in cores}
        done = rounds.interleaved(by_cores)
        more = {
            f"SGD x {times}, {state}": _teaching(folders[times], 1, 1, folders[times] / "cache")
            for times in TIMES
            for state in ("cold", "warm")
        }
        grown = rounds.interleaved(more, 1)
    figures = {"cores": rounds.summary(done), "corpora": rounds.summary(grown)}
    about = f"Default training on SGD, {several} epochs, by cores"
    print(rounds.table(about, figures["cores"]))
    about = "One epoch on one core, by size of corpus"
    print(rounds.table(about, figures["corpora"]), flush=True)
    return figures


def _teaching(
    folder: Path, cores: int, epochs: int, cache: Path | None = None
) -> Callable[[], Figures]:
    """Training in a process of its own; without a `cache`, always with an empty one."""
    given = {"folder": str(folder), "epochs": epochs, "cores": cores}

    def run() -> Figures:
        with tempfile.TemporaryDirectory(dir=folder) as empty:
            chosen = {
                "KERAS_BACKEND": "torch",
                "OMP_NUM_THREADS": str(cores),
                "CUELINE_CACHE": str(cache or empty),
            }
            return rounds.ask("speed.teaching", chosen, **given)

    return run
