"""A script as a user writes it passes `mypy --strict`: what is public has its types."""

from __future__ import annotations

import re
import subprocess
import sys
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


def checked(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What mypy says of a script that stands outside this project, with nothing of its settings."""
    pytest.importorskip("mypy")
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "script.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_a_script_of_all_that_is_public_is_typed(tmp_path: Path) -> None:
    assert [name for name in cueline.__all__ if f"cueline.{name}" not in SCRIPT] == []
    done = checked(SCRIPT, tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_types_that_are_wrong_are_found(tmp_path: Path) -> None:
    said = checked(WRONG, tmp_path).stdout
    assert re.findall(r"^script.py:(\d+): error", said, re.MULTILINE) == ["3", "4", "5"], said
