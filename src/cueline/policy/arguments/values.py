"""Values of arguments: when two are the same, what form one has, and as which type it is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from cueline.tokenizer import fold

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RUNS = re.compile(r"(\d+)|([^\W\d_]+)")
_EDGES = " \t\n.,;:!?\"'()[]"


def value_key(value: Any) -> str:
    """One text for what means the same: 6, 6.0 and "6"; "New  York" and "new york"."""
    if isinstance(value, str):
        return _text_key(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_key(value)
    if isinstance(value, Mapping):
        inner = {str(name): value_key(value[name]) for name in sorted(value, key=str)}
        return msgspec.json.encode(inner).decode()
    if isinstance(value, list | tuple):
        return msgspec.json.encode([value_key(item) for item in value]).decode()
    return "null"


@lru_cache(maxsize=65_536)
def _text_key(text: str) -> str:
    plain = fold(text).strip(_EDGES)
    return _number_key(float(plain)) if _NUMBER.fullmatch(plain) and len(plain) < 16 else plain


def _number_key(number: float) -> str:
    whole = isinstance(number, int) or (number.is_integer() and abs(number) < 2**53)
    return str(int(number)) if whole else repr(number)


def same_value(one: Any, other: Any) -> bool:
    """Whether two arguments are of one JSON type, and the same but for case and spaces."""
    return value_type(one) == value_type(other) and value_key(one) == value_key(other)


def value_type(value: Any) -> str:
    """The type that JSON Schema gives a value; whole numbers are numbers too."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case list() | tuple():
            return "array"
    return "null"


def as_type(value: Any, kind: str) -> Any:
    """`value` as JSON's type `kind`; None where it is none of that type."""
    if value_type(value) == kind:
        return value
    if kind == "array":
        return None if isinstance(value, Mapping) or value is None else [value]
    if kind == "string":
        return value_key(value) if isinstance(value, bool | int | float) else None
    if kind == "integer":
        number = as_type(value, "number")
        return int(number) if number is not None and float(number).is_integer() else None
    text = value_key(value) if isinstance(value, str) else ""
    if kind == "number" and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return None


@lru_cache(maxsize=65_536)
def text_form(text: str) -> str:
    """The form of a text, as ids have one: "mia_li_3668" is "a_a_9", "8JX2WO" is "A9".

    Letters and digits that stand together without order are all of an id's kinds of characters.
    """
    parts = []
    for part in re.split(r"([^\w]|_)", text):
        kinds = {_kind(found) for found in _RUNS.finditer(part)}
        parts.append("".join(sorted(kinds)) or part)
    return "".join(parts)


def _kind(found: re.Match[str]) -> str:
    if found[1]:
        return "9"
    return "A" if found[2].isupper() else "a"


def leaves(value: Any, limit: int) -> Iterator[tuple[str, Any]]:
    """What is inside of a result, at most `limit` values, each with its path, `[].name` say.

    Lists and objects come too, before what is inside of them.
    """
    todo = [("", value)]
    while todo and limit > 0:
        path, one = todo.pop()
        yield path, one
        limit -= 1
        if isinstance(one, Mapping):
            todo.extend((f"{path}.{name}", one[name]) for name in reversed(list(one)))
        elif isinstance(one, list | tuple):
            todo.extend((f"{path}[]", item) for item in reversed(one))
