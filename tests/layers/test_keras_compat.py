"""What is private in Keras and torch is used in `keras_compat` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cueline

ROOMS = ("layers", "training", "export", "lessons")
OURS = ("self", "cls")
PUBLIC = ("_asdict", "_replace", "_fields", "_repr_html_")
"""Of named tuples, and what notebooks call."""


def private(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = [getattr(node, "module", "") or "", *(alias.name for alias in node.names)]
            yield from (name for name in names if name.startswith(("keras.src", "torch._")))
        elif isinstance(node, ast.Attribute):
            ours = isinstance(node.value, ast.Name) and node.value.id in OURS
            hidden = node.attr.startswith("_") and not node.attr.startswith("__")
            if (hidden and not ours and node.attr not in PUBLIC) or node.attr == "aten":
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_private_names_of_keras_and_torch_stand_in_one_place() -> None:
    root = Path(cueline.__file__).parent
    files = [path for room in ROOMS for path in (root / room).glob("**/*.py")]
    found = {path.name: list(private(path)) for path in files if path.name != "keras_compat.py"}
    assert {name: names for name, names in found.items() if names} == {}
