"""A Rasa domain: which slots the policy may see, and what entities fill them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import Struct

from cueline.corpus.formats.rasa.story import SlotValue
from cueline.corpus.formats.rasa.yaml_records import Mapping, convert
from cueline.dialogue import Feature

_NEVER_SEEN = ("any", "unfeaturized")


class Slot(Struct):
    """A slot: its type, whether the policy sees it, what fills it."""

    type: str = "any"
    influence_conversation: str | None = None
    mappings: list[dict[str, Any]] | None = None

    def feature(self, value: SlotValue) -> Feature | None:
        """What the policy sees of `value`: for text and lists only that there is one."""
        kind = self.type.removeprefix("rasa.core.slots.").removesuffix("Slot").lower()
        if value is None or self.influence_conversation in ("false", "False"):
            return None
        if kind in _NEVER_SEEN:
            return None
        if kind == "text":
            return True
        if kind == "list":
            return bool(value)
        return _plain(value, kind)


class _Domain(Struct):
    slots: dict[str, Slot | None] | None = None
    session_config: Any = None


@dataclass(slots=True)
class Domain:
    """The slots of a bot by name; where there is no domain at all, each is seen as it is."""

    slots: dict[str, Slot] | None = None
    filled: dict[str, list[str]] = field(default_factory=dict)
    """Entity to the slots that it fills, beside the one of its own name."""

    def add(self, content: Mapping, path: Path) -> None:
        """Learn the slots of another domain file."""
        self.slots = self.slots or {}
        for name, slot in (convert(content, _Domain, path).slots or {}).items():
            self.slots[name] = slot or Slot()
            for mapping in (slot and slot.mappings) or ():
                entity = mapping.get("entity")
                if mapping.get("type") == "from_entity" and isinstance(entity, str):
                    self.filled.setdefault(entity, []).append(name)

    def fills(self, entities: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, SlotValue]]:
        """The slots that `entities` fill, with their values."""
        for entity, value in entities:
            for slot in (entity, *self.filled.get(entity, ())):
                if self.slots is not None and slot in self.slots:
                    yield slot, "true" if value is None else value

    def features(self, slots: dict[str, SlotValue]) -> dict[str, Feature]:
        """What the policy sees of the slots' values."""
        features: dict[str, Feature] = {}
        for name, value in slots.items():
            if self.slots is None:
                seen = None if value is None else _plain(value, "")
            else:
                seen = self.slots.get(name, Slot()).feature(value)
            if seen is not None:
                features[name] = seen
        return features


def _plain(value: str | list[str], kind: str) -> Feature:
    if isinstance(value, list):
        return tuple(value)
    if kind in ("bool", "") and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in ("float", ""):
        return _number(value)
    return value


def _number(value: str) -> Feature:
    try:
        number = float(value)
    except ValueError:
        return value
    return number if abs(number) < float("inf") else value
