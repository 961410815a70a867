"""Calls of tools in the notations that there are, and the JSON in them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from cueline.corpus.transcripts.closed_world import as_object, inner, kind_of, refuse
from cueline.corpus.transcripts.events import Call
from cueline.corpus.transcripts.results import decoded
from cueline.errors import Place

_HOLDERS = ("function", "custom")
_ARGUMENTS = ("arguments", "args", "input", "parameters")
_WHOLE = "input"
"""What OpenAI's tools of free text call it."""
_STRICT = json.JSONEncoder(allow_nan=False)


def calls(value: Any, place: Place) -> Iterator[Call]:
    """The calls in a list, a single one, or either as JSON in a string."""
    value = from_text(value, place, "a list of calls") if isinstance(value, str) else value
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        yield call(one, inner(place, number) if isinstance(value, list) else place)


def call(value: Any, place: Place) -> Call:
    """A call: `{"id", "function": {"name", "arguments"}}`, `{"name", "args", "id"}` and the like.

    Raises `CorpusError` where there is no name.
    """
    found = as_object(value, place, "a call")
    holder = next((key for key in _HOLDERS if isinstance(found.get(key), dict)), None)
    said = found if holder is None else found[holder]
    name = said.get("name")
    if not isinstance(name, str) or not name:
        refuse(place, f"a call without a name; it has {_keys(said)}")
    given = next((said[key] for key in _ARGUMENTS if said.get(key) is not None), None)
    id = found.get("id") or found.get("call_id")
    return Call(name, arguments(given), None if id is None else str(id))


def arguments(value: Any) -> Any:
    """Arguments decoded where they are JSON in a string; None where there are none."""
    return (decoded(value) if value else None) if isinstance(value, str) else value


def by_name(arguments: Any) -> dict[str, Any] | None:
    """Decoded arguments as an object: a text, a number or a list is the argument `input`.

    None where they are a text that begins as JSON does and is none: it is not whole.
    """
    if isinstance(arguments, dict):
        return arguments
    if arguments is None:
        return {}
    if isinstance(arguments, str) and arguments.lstrip()[:1] in ("{", "["):
        return None
    return {_WHOLE: arguments}


def from_text(text: str, place: Place, what: str) -> Any:
    """The value in `text`: JSON, or as Python prints it; None where it is blank."""
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return as_json(ast.literal_eval(text))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        refuse(place, f"{what} is a text that is not JSON")


def as_json(value: Any) -> Any:
    """`value` as JSON has it, tuples as lists; raises `ValueError` or `TypeError` if it has not."""
    return json.loads(_STRICT.encode(value))


def _keys(value: dict[str, Any]) -> str:
    return f"the keys {', '.join(map(repr, value))}" if value else f"{kind_of(value)} without keys"
