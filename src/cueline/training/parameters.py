"""The parameters of each action, as its schema declares them, or as the calls of a corpus show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.json_schemas import SCHEMAS, DeclaredParameter, bare, declared, either, is_schema
from cueline.policy.arguments.candidates import ActionParameter, Heard, Source, plain_name
from cueline.policy.arguments.values import text_form, value_key, value_type

MAX_SOURCES, MAX_CONSTANTS, MAX_FORMS = 30, 40, 50
"""Kept of a parameter at the most, the most frequent ones."""
MAX_CLOSED = 12
"""Values of a parameter that has a closed set of them, at the most."""
MAX_SCHEMAS = 50
"""Ways in which a tool may be defined; of one defined in more nothing is known."""
ENOUGH_CALLS = 5
"""Calls that all have an argument, from which on it counts as required where no schema says so."""


class CallExample(NamedTuple):
    """A call of the corpus, and what was known before it."""

    action: str
    arguments: Mapping[str, Any]
    heard: Heard
    dialogue: int


def corpus_schemas(dialogues: Iterable[Dialogue]) -> dict[str, Any]:
    """The schema of each tool in the dialogues' `meta`; any of them where it has several."""
    found: dict[str, dict[bytes, Any]] = {}
    for dialogue in dialogues:
        own = dialogue.meta.get(SCHEMAS)
        for action, schema in own.items() if isinstance(own, Mapping) else ():
            ways = found.setdefault(action, {})
            if len(ways) <= MAX_SCHEMAS and is_schema(schema):
                ways.setdefault(msgspec.json.encode(bare(schema)), schema)
    return {
        action: either(ways.values())
        for action, ways in found.items()
        if 0 < len(ways) <= MAX_SCHEMAS
    }


def find_parameters(
    given: Iterable[CallExample], schemas: Mapping[str, Any]
) -> list[ActionParameter]:
    """The parameters of each action, with the sources that had their values.

    A parameter that no call has is there where its schema requires it.
    """
    calls: Counter[str] = Counter()
    values: dict[tuple[str, str], list[Any]] = {}
    sources: dict[tuple[str, str], Counter[Source]] = {}
    for example in given:
        calls[example.action] += 1
        found = _sources_by_key(example.heard) if example.arguments else {}
        for name, value in example.arguments.items():
            at = (example.action, name)
            values.setdefault(at, []).append(value)
            sources.setdefault(at, Counter()).update(list(found.get(value_key(value), ())))
    known = {
        (action, name): one
        for action, schema in schemas.items()
        for name, one in declared(schema).items()
    }
    for at, one in known.items():
        if one.required:
            values.setdefault(at, [])
    names: dict[str, set[str]] = {}
    for action, name in values:
        names.setdefault(action, set()).add(plain_name(name))
    return [
        _parameter(
            *at,
            some,
            calls[at[0]],
            sources.get(at, Counter()),
            known.get(at),
            names[at[0]] - {plain_name(at[1])},
        )
        for at, some in sorted(values.items())
    ]


def _sources_by_key(heard: Heard) -> dict[str, dict[Source, None]]:
    found: dict[str, dict[Source, None]] = {}
    for source, values in heard.sources.items():
        for value in values:
            found.setdefault(value_key(value), {})[source] = None
    return found


def _parameter(
    action: str,
    name: str,
    values: list[Any],
    calls: int,
    sources: Counter[Source],
    schema: DeclaredParameter | None,
    others: set[str],
) -> ActionParameter:
    always = len(values) == calls >= ENOUGH_CALLS
    kinds = Counter(map(value_type, values)).most_common(1)
    known = ActionParameter(
        action,
        name,
        type=(schema.type if schema else None) or (kinds[0][0] if kinds else "string"),
        required=schema.required if schema else always,
        values=schema.values if schema else (),
        others=tuple(sorted(others)),
    )
    by_key = {value_key(value): value for value in reversed(values)}
    counts = Counter(map(value_key, values))
    again = [(by_key[key], count) for key, count in counts.most_common(MAX_CONSTANTS) if count > 1]
    shown = [(one, count) for value, count in again if (one := known.typed(value)) is not None]
    by_value = {value_key(value): value for value in (*(v for v, _ in shown), *known.values)}
    closed = len(counts) <= MAX_CLOSED and sum(n for _, n in shown) >= 0.9 * len(values)
    forms = Counter(text_form(value) for value in values if isinstance(value, str))
    return replace(
        known,
        sources=tuple(source for source, _ in sources.most_common(MAX_SOURCES)),
        constants=tuple([*by_value.values()][:MAX_CONSTANTS]),
        closed=0 < len(known.values) <= MAX_CLOSED or (closed and len(by_value) <= MAX_CLOSED),
        forms=tuple(sorted(form for form, _ in forms.most_common(MAX_FORMS))),
    )
