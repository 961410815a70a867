"""A room imports only from rooms above it, and only `network` knows Keras."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cueline"
ROOMS = [
    "errors",
    "files",
    "dialogue",
    "actions",
    "preconditions",
    "settings",
    "corpus",
    "features",
    "policy",
    "baselines",
    "network",
    "evaluation",
    "page",
    "live",
    "cli",
]
HEAVY = {"keras", "jax", "torch", "tensorflow"}
DOORS = {("policy/policy.py", "network")}
"""Imports made only when called: `policy.keras_model()`."""

FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_from_rooms_above_it(path: Path) -> None:
    above = ROOMS[: ROOMS.index(room_of(path)) + 1]
    for name in imports(path):
        if name.startswith("cueline."):
            room = name.split(".")[1]
            door = (str(path.relative_to(SOURCE)), room) in DOORS
            assert room in above or door, f"{path} imports {name} from below"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_network_knows_keras(path: Path) -> None:
    heavy = {name.split(".")[0] for name in imports(path)} & HEAVY
    assert not heavy or room_of(path) == "network"


@pytest.mark.parametrize(
    "module", ["cueline", "cueline.cli", "cueline.evaluation", "cueline.web", "cueline.server"]
)
def test_acting_evaluating_and_serving_load_no_framework(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())
