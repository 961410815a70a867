"""What a fresh machine gets: megabytes of an install, and seconds until it can be used.

    python -m benchmarks.fresh_install [--extras train] [--rounds 15]

Builds the wheel of this checkout, installs it into an environment of its own with the versions of
`constraints.txt`, and times what starts there, round by round beside a Python that imports NumPy.
The policy that acts is one trained on the example corpus, in `--policy` or made with this Python.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.rounds import Figures

ROOT = Path(__file__).parent.parent
NUMPY = "python -c 'import numpy'"
TURN = json.dumps({"user": "where is my parcel?"})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--extras", default="", help="train, serve, ... with commas between")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--policy", type=Path, help="a policy's folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        bin, size = installed(work, given.extras)
        policy = given.policy or trained(work / "policy")
        print(f"pip install cueline{f'[{given.extras}]' if given.extras else ''}: {size:.0f} MB")
        done = rounds.interleaved(systems(bin, policy.resolve()), given.rounds)
        for figures in done.values():
            for one, numpy in zip(figures, done[NUMPY], strict=True):
                one["times NumPy's"] = one["ms"] / numpy["ms"]
        print(rounds.table("Starting, milliseconds", rounds.summary(done)))


def installed(work: Path, extras: str) -> tuple[Path, float]:
    """The programs of a fresh environment with the wheel in it, and the megabytes that it added."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = work.glob("*.whl")
    environment = work / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    before, bin = megabytes(environment), environment / "bin"
    what = f"cueline[{extras}] @ {wheel.as_uri()}" if extras else str(wheel)
    pip = [bin / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", what]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    return bin, megabytes(environment) - before


def megabytes(folder: Path) -> float:
    """What the files of a folder take on the disk, in millions of bytes."""
    files = (one.lstat() for one in folder.rglob("*"))
    return sum(one.st_blocks for one in files) * 512 / 1e6


def trained(folder: Path) -> Path:
    import cueline

    cueline.train(cueline.example("train"), out=folder, valid=cueline.example("valid"))
    return folder


def systems(bin: Path, policy: Path) -> dict[str, Callable[[], Figures]]:
    """What is started, the one to compare with first."""
    python, cueline = str(bin / "python"), str(bin / "cueline")
    return {
        NUMPY: partial(ended, python, "-c", "import numpy"),
        "python -c 'import cueline'": partial(ended, python, "-c", "import cueline"),
        "import cueline, Python's own start apart": partial(imported, python),
        "cueline --help": partial(ended, cueline, "--help"),
        "cueline act POLICY, to its first decision": partial(ended, cueline, "act", str(policy)),
    }


def ended(*command: str) -> Figures:
    """Milliseconds from the start to the end; a turn stands on stdin."""
    began = time.perf_counter()
    subprocess.run(command, input=f"{TURN}\n", text=True, stdout=subprocess.DEVNULL, check=True)
    return {"ms": 1000 * (time.perf_counter() - began)}


def imported(python: str) -> Figures:
    """Milliseconds of the import alone."""
    code = "import time; t = time.perf_counter(); import cueline; print(time.perf_counter() - t)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return {"ms": 1000 * float(done.stdout)}


if __name__ == "__main__":
    main()
