"""How fast it is, beside what else one would write: training, acting, scoring, starting,
many actions, memory, compiling.

    python -m benchmarks.speed CORPORA [--only PART ...] [--rasa PYTHON] [--out FILE.json]

CORPORA has the folders `sgd`, `babi` and `sgd_original`. What is compared runs side by side, round
by round, each in a process of its own or turn about in one; printed are the median and, in
brackets, the least and the most over the rounds. `--sample N` takes N dialogues of each corpus, to
try it out; the policy that acts is kept in the folder `--work` and not trained again. `--rasa`
names a Python that has Rasa 3.6, whose TED policy is then trained on the same dialogues.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.speed import acting as speed_acting
from benchmarks.speed import compiling as speed_compiling
from benchmarks.speed import hearing as speed_hearing
from benchmarks.speed import many_actions as speed_many_actions
from benchmarks.speed import memory as speed_memory
from benchmarks.speed import scoring as speed_scoring
from benchmarks.speed import starting as speed_starting
from benchmarks.speed import training as speed_training
from benchmarks.speed.rounds import Figures
from benchmarks.speed.sizes import product_gflops

from cueline.io import replacing

PARTS: dict[str, Callable[[Path, Path, int | None, int | None], Figures]] = {
    "training": speed_training.part,
    "acting": speed_acting.part,
    "hearing": speed_hearing.part,
    "scoring": speed_scoring.part,
    "starting": speed_starting.part,
    "actions": speed_many_actions.part,
    "memory": speed_memory.part,
    "compiling": speed_compiling.part,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--out", type=Path, default=Path("speed.json"))
    parser.add_argument("--epochs", type=int, help="of training (5), of the policy that acts (10)")
    parser.add_argument("--sample", type=int, help="dialogues of each corpus; default: all")
    parser.add_argument("--work", type=Path, default=Path("speed-work"))
    parser.add_argument("--rasa", metavar="PYTHON", help="one that has Rasa 3.6, to train its TED")
    given = parser.parse_args()
    if given.rasa and not shutil.which(given.rasa):
        parser.error(f"--rasa: no program {given.rasa}")
    parts = {**PARTS, "training": partial(speed_training.part, rasa=given.rasa)}
    given.work.mkdir(parents=True, exist_ok=True)
    figures: Figures = {"where": where(), "sample": given.sample}
    print(figures["where"], flush=True)
    for name in given.only:
        print(f"\n{name}", flush=True)
        figures[name] = parts[name](given.corpora, given.work, given.epochs, given.sample)
        with replacing(given.out) as file:  # after each part: a later one may be interrupted
            file.write(json.dumps(figures, indent=1).encode())


def where() -> Figures:
    """What the figures hang on."""
    packages = ("numpy", "keras", "torch", "jax", "onnxruntime")
    return {
        "python": platform.python_version(),
        **{name: found for name in packages if (found := _version(name))},
        "cores": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "product_gflop_per_s": round(product_gflops(), 1),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
