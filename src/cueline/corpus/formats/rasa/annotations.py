"""Rasa's annotations in a text.

to [London](city), to [LON](city:London), to [LON]{"entity": "city", "value": "London"},
to [LON][{"entity": "city"}, {"entity": "airport", "role": "to"}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cueline.corpus.formats.rasa.story import Entity, SlotValue

_ANNOTATION = re.compile(
    r"\[(?P<words>[^\[\]]+?)\]"
    r"(?:\((?P<name>[^:()]+?)(?::(?P<value>[^()]+))?\)|(?P<one>\{[^{}]+\})|\[(?P<several>.*?)\])"
)
_ONE = re.compile(r"\{[^{}]+\}")


def annotated(text: str) -> tuple[str, tuple[Entity, ...]]:
    """The words alone, and the entities with their values."""
    entities = tuple(e for match in _ANNOTATION.finditer(text) for e in _entities(match))
    return _ANNOTATION.sub(_words, text), entities


def with_values(text: str, values: Mapping[tuple[str, ...], SlotValue]) -> str:
    """The words alone, where an entity with a label in `values` takes the value there."""

    def value(match: re.Match[str]) -> str:
        named = (values.get(entity.labels) for entity in _entities(match))
        return next((one for one in named if isinstance(one, str) and one), _words(match))

    return _ANNOTATION.sub(value, text)


def _words(match: re.Match[str]) -> str:
    """What was said; brackets around brackets that mark nothing stay."""
    return match["words"] if any(_entities(match)) else match[0]


def _entities(match: re.Match[str]) -> Iterator[Entity]:
    if match["name"]:
        yield Entity(match["name"].strip(), (match["value"] or match["words"]).strip())
        return
    for one in _ONE.findall(match["one"] or match["several"] or ""):
        try:
            fields = msgspec.json.decode(one, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            continue
        if isinstance(name := fields.get("entity"), str) and name:
            value = fields.get("value", match["words"])
            role, group = (_text(fields.get(key)) for key in ("role", "group"))
            yield Entity(name, value if isinstance(value, str) else str(value), role, group)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
