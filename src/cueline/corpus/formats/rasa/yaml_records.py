"""YAML as Rasa's files have it, to records, where every error says `file:line: $.path: what`.

Every scalar is a string (and `null` is None): what a slot's value is, its type in the domain says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cueline.errors import CorpusError, Place, corpus_error

T = TypeVar("T")
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")


class YamlMapping(dict[str, Any]):
    """A mapping that knows the line it begins on."""

    line = 1


class Items(list[Any]):
    """A list that knows the line of each of its items."""

    def __init__(self, items: Iterable[Any] = (), lines: Iterable[int] = ()) -> None:
        super().__init__(items)
        self.lines = list(lines)


def load(path: Path, text: bytes) -> YamlMapping:
    """The mapping that the YAML in `text` is; raises `CorpusError` with the line."""
    try:
        import yaml
    except ImportError:
        what = "needs PyYAML; install it with `pip install 'cueline[rasa]'`"
        raise corpus_error(Place(path), what) from None
    try:
        value = yaml.load(text, _loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join((error.problem or error.context or "not YAML").split())
        raise corpus_error(Place(path, mark.line + 1 if mark else None), what) from None
    except yaml.YAMLError as error:
        raise corpus_error(Place(path), " ".join(str(error).split())) from None
    except (RecursionError, UnicodeDecodeError):
        raise corpus_error(Place(path), "not UTF-8, or nested too deeply") from None
    if not isinstance(value, YamlMapping):
        raise corpus_error(Place(path, 1), "expected keys such as `stories:` at the top")
    return value


@cache
def _loader() -> Any:
    """A safe loader that knows mappings, lists and strings, and no other tag."""
    import yaml

    class Loader(yaml.CSafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}
        yaml_constructors: dict[str | None, Any] = {}

    def mapping(loader: Any, node: Any) -> YamlMapping:
        pairs = loader.construct_mapping(node, deep=True).items()
        found = YamlMapping((str(key), value) for key, value in pairs)
        found.line = node.start_mark.line + 1
        return found

    def sequence(loader: Any, node: Any) -> Items:
        lines = (item.start_mark.line + 1 for item in node.value)
        return Items(loader.construct_sequence(node, deep=True), lines)

    def scalar(loader: Any, node: Any) -> str | None:
        return None if not node.style and node.value in _NULL else str(node.value)

    for kind, construct in {"map": mapping, "seq": sequence, "str": scalar}.items():
        Loader.add_constructor(f"tag:yaml.org,2002:{kind}", construct)
    Loader.add_constructor(None, yaml.constructor.SafeConstructor.construct_undefined)
    return Loader


def convert(value: YamlMapping, type: type[T], path: Path) -> T:
    """`value` as a record; raises `CorpusError` with the nearest line and the path."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        what, _, inner = str(error).partition(" - at `")
        inner = inner.rstrip("`").removeprefix("$")
        raise _located(what, value, inner, path) from None


def _located(what: str, value: Any, inner: str, path: Path) -> CorpusError:
    line = value.line
    for key, index in _STEP.findall(inner):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            break
        line = getattr(value, "line", line)
    return corpus_error(Place(path, line, f"${inner}"), what)
