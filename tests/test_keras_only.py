"""`examples/keras_only.py`: short, Keras and NumPy alone, and it learns to remember."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "examples" / "keras_only.py"
DOCS = Path(__file__).parent.parent / "docs" / "sequences.md"


def dialogue(number: int) -> dict[str, Any]:
    """What is made at the end was said at the beginning; between are turns without a word."""
    kind = ("tea", "coffee", "juice")[number % 3]
    waiting = [
        {"user": (None, " ")[n % 2], "actions": ["wait"][n % 2 :]} for n in range(number % 4)
    ]
    turns = [
        {"user": f"a {kind} please", "actions": ["greet", "ask"]},
        *waiting,
        {"user": "now", "features": {"ready": True}, "actions": [f"make_{kind}"]},
        {"user": "thanks", "actions": []},
    ]
    return {"id": str(number), "turns": turns}


def test_it_is_short_and_imports_keras_and_numpy_alone() -> None:
    code = SCRIPT.read_text()
    assert len(code.splitlines()) < 60
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else map(_name, node.names))
        if name
    }
    assert imported - set(sys.stdlib_module_names) == {"keras", "numpy"}
    assert code in DOCS.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_learns_what_only_a_memory_knows(tmp_path: Path, backend: str) -> None:
    if not find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    for name, numbers in {"train": range(96), "test": range(97, 109)}.items():
        lines = [json.dumps(dialogue(number)) for number in numbers]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, SCRIPT, "train.jsonl", "test.jsonl"],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    exact, *decided = done.stdout.splitlines()
    assert float(exact.removeprefix("exact: ")) > 0.95
    assert decided == [
        "a coffee please -> ['ask', 'greet']",
        "None -> ['wait']",
        "now -> ['make_coffee']",
        "thanks -> []",
    ]


def _name(alias: ast.alias) -> str:
    return alias.name
