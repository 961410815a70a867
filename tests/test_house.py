"""The checks of the house bite: what is planted in a copy of the sources is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT_IMPORTS = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
VOCABULARY = [sys.executable, "-m", "tools.vocabulary"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of what the checks look at."""
    for folder in ("src", "tools", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(house: Path, file: str, line: str) -> None:
    with (house / "src" / "cueline" / file).open("a") as source:
        source.write(f"\n{line}\n")


def check(house: Path, command: list[str]) -> tuple[int, str]:
    paths = os.pathsep.join([str(house / "src"), str(house)])
    done = subprocess.run(
        command, cwd=house, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("dialogue.py", "import cueline.policy.policy", "cueline.dialogue -> cueline.policy"),
        ("dialogue.py", "from . import policy", "cueline.dialogue -> cueline.policy"),
        ("corpus/json_stream.py", "from cueline.corpus import loader", "No cycles are allowed"),
        ("policy/policy.py", "import keras", "cueline.policy.policy -> keras"),
    ],
)
def test_a_planted_import_is_found(house: Path, file: str, line: str, said: str) -> None:
    plant(house, file, line)
    code, text = check(house, LINT_IMPORTS)
    assert code == 1
    assert said in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("class Judged:\n    pass", "'judged' in the name Judged"),
        ("def is_foreign(name): ...", "'foreign' in the name is_foreign"),
        ("MOST = 3", "'MOST' in the name MOST"),
        ("class Policy:\n    pass", "there is another class Policy"),
        ('def f():\n    """Of each action."""', "begins with 'Of'"),
        ('def f():\n    """Drawn by lot."""', "'by lot' in a docstring"),
    ],
)
def test_a_planted_word_is_found(house: Path, line: str, said: str) -> None:
    plant(house, "actions.py", line)
    code, text = check(house, VOCABULARY)
    assert code == 1
    assert said in text
