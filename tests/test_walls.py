"""What import-linter cannot see of the walls: dynamic imports, and what is really loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "cueline"
HEAVY = {"keras", "jax", "torch", "tensorflow"}
LAZY = {"__init__.py", "corpus/__init__.py"}
"""Rooms whose public names are imported when first asked for."""
DYNAMIC = {"import_module", "__import__"}


def test_nothing_is_imported_behind_the_linters_back() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if getattr(node, "attr", getattr(node, "id", None)) in DYNAMIC
    }
    assert found == LAZY


@pytest.mark.parametrize(
    "module",
    [
        "cueline",
        "cueline.cli",
        "cueline.evaluation",
        "cueline.web",
        "cueline.server",
        "cueline.server.mcp_server",
    ],
)
def test_acting_evaluating_and_serving_load_no_framework(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())
