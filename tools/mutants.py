"""Mutation tests of a room: how many changes of its code do its own tests notice?

    python -m tools.mutants [ROOM]...

Prints a score and the survivors. Only the room's own tests are run. `tests/mutants.md` lists the
survivors that are left, with reasons.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
CHILDREN = 2
DEADLINE = "20"
"""Seconds after which a test of the service that a mutant keeps waiting has noticed it."""


class Room(NamedTuple):
    sources: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "decisions": Room(("policy/decisions/*",), ("policy/decisions",)),
    "calibration": Room(("policy/calibration/*",), ("policy/calibration",)),
    "features": Room(("features/*",), ("features",)),
    "rules": Room(("rules/*",), ("rules",)),
    "stores": Room(
        tuple(
            f"server/stores/{name}.py"
            for name in ("base", "group_commit", "memory", "open", "sqlite")
        ),
        ("server/test_stores.py", "server/test_group_commit.py"),
    ),
    "servers": Room(
        ("server/stores/postgres.py", "server/stores/redis.py"), ("server/test_stores.py",)
    ),
}
CONFIGURATION = """
[tool.mutmut]
only_mutate = {sources}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
use_git_change_detection = false
debug = true
"""


def main() -> None:
    names = [name for name in sys.argv[1:] if name in ROOMS] or list(ROOMS)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            show(name, mutated(ROOMS[name], Path(folder)))


def mutated(room: Room, folder: Path) -> dict[str, str]:
    """Mutant to its state; a copy in `folder` is mutated. Survivors are printed."""
    for part in ("src", "tests", "examples"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    tests = [f"tests/{each}" for each in room.tests]
    sources = [f"src/cueline/{each}" for each in room.sources]
    configuration = CONFIGURATION.format(sources=sources, tests=tests)
    pyproject = (ROOT / "pyproject.toml").read_text() + configuration
    (folder / "pyproject.toml").write_text(pyproject)
    copy = folder / "mutants"
    (copy / "src").mkdir(parents=True)  # Python looks for it when it starts
    environment = os.environ | {
        "PYTHONPATH": f"{copy / 'src'}:{copy}",
        "HYPOTHESIS_PROFILE": "mutants",
        "CUELINE_TEST_DEADLINE": DEADLINE,
    }
    mutmut = [sys.executable, "-m", "mutmut"]
    with (folder / "log").open("w") as log:
        run = [*mutmut, "run", "--max-children", str(CHILDREN)]
        subprocess.run(run, cwd=folder, env=environment, stdout=log, stderr=log, check=False)
    listed = subprocess.run(
        [*mutmut, "results", "--all", "true"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = (line.strip().rsplit(": ", 1) for line in listed.stdout.splitlines() if ": " in line)
    found = dict(pairs)
    if not set(found.values()) - {"not checked"}:
        sys.exit((folder / "log").read_text()[-3000:])
    for mutant, state in found.items():
        if state == "survived":
            shown = [*mutmut, "show", mutant]
            diff = subprocess.run(
                shown, cwd=folder, env=environment, capture_output=True, text=True
            )
            lines = [line for line in diff.stdout.splitlines() if line[:1] in "+-"]
            print(f"{state}: {mutant}", *lines[2:], sep="\n    ")
    return found


def show(name: str, found: dict[str, str]) -> None:
    states = Counter(found.values())
    killed = states["killed"] + states["timeout"] + states["caught by type check"]
    rest = ", ".join(f"{count} {state}" for state, count in states.items() if state != "killed")
    print(f"{name:12} {100 * killed / max(len(found), 1):5.1f} %  of {len(found)} mutants ({rest})")


if __name__ == "__main__":
    main()
