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
from cueline.dialogue import Span, Value

_ANNOTATION = re.compile(
    r"\[(?P<words>[^\[\]]+?)\]"
    r"(?:\((?P<name>[^:()]+?)(?::(?P<value>[^()]+))?\)|(?P<one>\{[^{}]+\})|\[(?P<several>.*?)\])"
)
_NONE: Mapping[tuple[str, ...], SlotValue] = {}
_ONE = re.compile(r"\{[^{}]+\}")


def annotated(text: str) -> tuple[str, tuple[Entity, ...]]:
    """The words alone, and the entities with their values."""
    entities = tuple(e for match in _ANNOTATION.finditer(text) for e in _entities(match))
    return _ANNOTATION.sub(_words, text), entities


def marked(
    text: str, values: Mapping[tuple[str, ...], SlotValue] = _NONE
) -> tuple[str, tuple[Span, ...]]:
    """The words alone, and the spans in them; `values` are said in place of entities' own words.

    A span's label is the entity with its role and its group: `city#to`.
    """
    parts, spans, at, length = list[str](), list[Span](), 0, 0
    for match in _ANNOTATION.finditer(text):
        entities = list(_entities(match))
        named = (values.get(entity.labels) for entity in entities)
        words = next((one for one in named if isinstance(one, str) and one), None)
        said = _words(match) if words is None else words
        start = length + match.start() - at
        for entity in entities:
            value = None if words is not None else entity.value
            spans.append(span(start, start + len(said), entity, said, value))
        parts += [text[at : match.start()], said]
        at, length = match.end(), start + len(said)
    return "".join([*parts, text[at:]]), tuple(spans)


def span(start: int, end: int, entity: Entity, words: str, value: SlotValue) -> Span:
    """The span of an entity; its value where that is another than the words."""
    stands_for = value if isinstance(value, Value) and value != words else None
    return Span(start, end, entity.label, stands_for)


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
