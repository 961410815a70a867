"""Memory of training: the most that one epoch of default training holds, as the corpus grows.

The corpus is SGD's training dialogues 1, 4 and 16 times over. On the corpus as it is, cores are
compared as well.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import speed_rounds as rounds
from benchmarks.speed_corpora import write_repeated
from benchmarks.speed_rounds import Figures

TIMES = (1, 4, 16)
CORES = (1, 2)


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
        by_cores = {f"{count} cores": _teaching(folders[1], count) for count in cores}
        done = rounds.interleaved(by_cores)
        more = {f"SGD x {times}": _teaching(folders[times], 1) for times in TIMES}
        grown = rounds.interleaved(more, 1)
    figures = {"cores": rounds.summary(done), "corpora": rounds.summary(grown)}
    print(rounds.table("Default training on SGD, one epoch, by cores", figures["cores"]))
    print(rounds.table("The same on one core, by size of corpus", figures["corpora"]), flush=True)
    return figures


def _teaching(folder: Path, cores: int) -> Callable[[], Figures]:
    chosen = {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": str(cores)}
    given = {"folder": str(folder), "epochs": 1, "cores": cores}
    return partial(rounds.ask, "speed_teaching", chosen, **given)
