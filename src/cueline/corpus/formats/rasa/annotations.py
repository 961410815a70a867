"""Rasa's annotations in a text: `to [London](city)`, `to [LON]{"entity": "city"}`."""

from __future__ import annotations

import re

import msgspec

Entity = tuple[str, str | None]
_ANNOTATION = re.compile(r"\[([^\[\]]+)\](?:\(([^()]+)\)|(\{[^{}]*\}))")


def annotated(text: str) -> tuple[str, tuple[Entity, ...]]:
    """The words alone, and the entities with their values."""
    entities = tuple(filter(None, map(_entity, _ANNOTATION.finditer(text))))
    return _ANNOTATION.sub(lambda match: match[1], text), entities


def with_values(text: str, values: dict[str, str | None]) -> str:
    """The words alone, where each entity has the value in `values`, if there is one."""

    def value(match: re.Match[str]) -> str:
        entity = _entity(match)
        return (entity and values.get(entity[0])) or match[1]

    return _ANNOTATION.sub(value, text)


def _entity(match: re.Match[str]) -> Entity | None:
    if match[2]:
        name, _, value = match[2].partition(":")
        return (name.strip(), value.strip() or match[1]) if name.strip() else None
    try:
        fields = msgspec.json.decode(match[3])
    except msgspec.DecodeError:
        return None
    name, value = fields.get("entity"), fields.get("value", match[1])
    return (name, value if isinstance(value, str) else match[1]) if isinstance(name, str) else None
