"""The wheel of this checkout, and machines that have nothing yet."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.machine import ROOT, Machine


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install cueline` installs."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, wheel: Path
) -> Iterator[Callable[..., Machine]]:
    """Makes a fresh one."""
    made: list[Machine] = []

    def fresh() -> Machine:
        made.append(Machine(tmp_path_factory.mktemp("machine"), wheel))
        return made[-1]

    yield fresh
    for one in made:
        one.close()
