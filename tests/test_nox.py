"""Where there is no make, nox does the same: the two never part."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
TARGETS = ("test", "slow", "check", "demo")


class Recorder:
    """A session that does nothing and remembers what it was asked to."""

    def __init__(self) -> None:
        self.ran: list[list[str]] = []
        self.installs: list[list[str]] = []

    def run(self, *command: str, env: dict[str, str] | None = None) -> None:
        self.ran.append([*command])

    def install(self, *what: str) -> None:
        self.installs.append([*what])


@pytest.fixture
def noxfile(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`noxfile.py`, whose sessions are plain functions."""

    def session(function: Callable[..., Any] | None = None, **_: Any) -> Any:
        return function or (lambda decorated: decorated)

    nox = SimpleNamespace(session=session, options=SimpleNamespace(), Session=Recorder)
    monkeypatch.setitem(sys.modules, "nox", nox)  # type: ignore[arg-type]
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(target: str) -> tuple[list[list[str]], list[list[str]]]:
    """What make would run for a target in a fresh checkout: its programs, and what pip installs."""
    command = ["make", "--dry-run", "--no-print-directory", "VENV=no-such-environment", target]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [shlex.split(line) for line in said.splitlines()]
    ours = [line for line in lines if line and line[0].startswith("no-such-environment/bin/")]
    programs = [[line[0].rpartition("/")[2], *line[1:]] for line in ours]
    pip = [line for line in programs if line[1:4] == ["-m", "pip", "install"]]
    quiet = {"--quiet", "--disable-pip-version-check"}
    installs = [[word for word in line[4:] if word not in quiet] for line in pip]
    return [line for line in programs if line not in pip], installs


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize("target", TARGETS)
def test_nox_runs_what_make_runs(noxfile: ModuleType, target: str) -> None:
    recorder = Recorder()
    getattr(noxfile, target)(recorder)
    assert (recorder.ran, recorder.installs) == made(target)
