"""Names and docstrings without the words that `docs/glossary.md` bans; exit code 1 where one is.

    python -m tools.vocabulary

A public class has its name alone, and no docstring begins with 'Of'.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "cueline"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def main() -> None:
    banned = list(glossary())
    classes = defaultdict[str, list[str]](list)
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        place = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text())
        found += [f"{place}:1: {word!r} in the file's name" for word in spoken(path.stem, banned)]
        found += [f"{place}:{line}: {what}" for line, what in complaints(tree, banned)]
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(f"{place}:{node.lineno}")
    for name, places in classes.items():
        found += [f"{place}: there is another class {name}" for place in places[1:]]
    print("\n".join(found))
    sys.exit(bool(found))


def glossary() -> Iterator[str]:
    """The banned words and phrases."""
    text = (ROOT / "docs" / "glossary.md").read_text()
    for line in text.partition("## Not said")[2].splitlines()[4:]:
        yield from line.split("|")[1].strip().split(", ")


def complaints(tree: ast.AST, banned: list[str]) -> Iterator[tuple[int, str]]:
    """Line and fault, of names and docstrings."""
    for node in ast.walk(tree):
        for name in names(node):
            for word in spoken(name, banned):
                yield node.lineno, f"{word!r} in the name {name}"
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = str(node.value.value)
            for word in banned:
                if re.search(rf"\b{word}\b", text):
                    yield node.lineno, f"{word!r} in a docstring"
            if text.startswith("Of "):
                yield node.lineno, "a docstring that begins with 'Of'"


def names(node: ast.AST) -> list[str]:
    """The names that the node gives to something."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    return [node.arg] if isinstance(node, ast.arg) else []


def spoken(name: str, banned: list[str]) -> list[str]:
    """The banned words in a name: constants in capitals as a whole, others word by word."""
    words = {word.lower() for word in _WORDS.findall(name)}
    return [word for word in banned if word == name.strip("_") or word in words]


if __name__ == "__main__":
    main()
