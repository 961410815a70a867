"""A script as a user writes it passes `mypy --strict` and pyright: what is public has its types."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cueline

SCRIPT = """\
from collections.abc import Sequence

import cueline

lesson = cueline.shapes(cueline.example("test")[0])
policy: cueline.Policy = cueline.train("train.jsonl", out="policy")
settings = cueline.Settings(seed=3)
corpus: cueline.Corpus = cueline.load("test.jsonl")
report: cueline.Report = cueline.evaluate(policy, corpus)
exact: float = report.exact

in_memory = cueline.train([{"id": "d", "turns": [{"user": "hi", "actions": ["greet"]}]}])
again = cueline.train(cueline.example("train"), config=settings)

state: cueline.State = policy.start()
decision, state = policy.act(cueline.Turn(user="hi", features={"known": True}), state)
decision, state = policy.act("hi", state)
decision, state = policy.act({"user": "hi"}, state)
state = policy.took(state, ["greet"])
actions: tuple[str, ...] = decision.actions
confidence: float = decision.confidence
sure: bool = decision.sure
decisions: Sequence[cueline.Decision] = policy.decide(corpus[0])
dialogue: cueline.Dialogue = corpus[0]
some: cueline.Corpus = corpus[:10]

try:
    cueline.Policy.load("policy").at(risk=0.02).save("other")
except cueline.CuelineError as error:
    print(error)
"""
WRONG = """\
import cueline

policy = cueline.Policy.load(3)
confidence: str = policy.act("hi", policy.start())[0].confidence
policy.acts
"""


Check = Callable[[str, Path], "subprocess.CompletedProcess[str]"]
PYRIGHT = Path(__file__).parents[1] / "node_modules" / ".bin" / "pyright"


def by_mypy(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What mypy says of a script that stands outside this project, with nothing of its settings."""
    pytest.importorskip("mypy")
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def by_pyright(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What pyright says of it, as strict as it can be; `make page` installs it."""
    if not PYRIGHT.exists():
        if os.environ.get("CUELINE_TEST_SERVERS") == "required":
            pytest.fail("no pyright; make page")
        pytest.skip("no pyright; make page")
    (folder / "script.py").write_text(script)
    source = str(Path(cueline.__file__).parents[1])
    settings = {"typeCheckingMode": "strict", "extraPaths": [source]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [str(PYRIGHT), "--pythonpath", sys.executable, "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


CHECKERS = pytest.mark.parametrize("check", [by_mypy, by_pyright])


@pytest.mark.slow
@CHECKERS
def test_a_script_of_all_that_is_public_is_typed(check: Check, tmp_path: Path) -> None:
    assert [name for name in cueline.__all__ if f"cueline.{name}" not in SCRIPT] == []
    done = check(SCRIPT, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@CHECKERS
def test_types_that_are_wrong_are_found(check: Check, tmp_path: Path) -> None:
    said = check(WRONG, tmp_path).stdout
    lines = re.findall(r"script\.py:(\d+)[\d:]*(?: -)?:? error", said)
    assert [*dict.fromkeys(lines)] == ["3", "4", "5"], said
