"""A Rasa domain: which slots and entities a policy may see, and what entities fill the slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.slot import Slot, plain_feature
from cueline.corpus.formats.rasa.story import Entity, Named, SlotValue, UserUttered
from cueline.corpus.formats.rasa.yaml_records import YamlMapping as Content
from cueline.dialogue import Feature
from cueline.errors import Place

KEYS = frozenset(["slots", "intents", "actions", "entities", "forms", "responses"])
"""What tells a file of the domain."""
_FALSE = ("false", "False", "FALSE")


@dataclass(slots=True)
class Domain:
    """The slots of a bot by name; where there is no domain at all, each is seen as it is."""

    slots: dict[str, Slot] | None = None
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Entity to its labels: its name, and its name with each of its roles and groups."""
    unseen: set[str] = field(default_factory=set)
    """Entities that influence nothing."""
    used: dict[str, tuple[list[str] | None, list[str] | None]] = field(default_factory=dict)
    """Intent to the entities that it uses and ignores, None where it does not say."""
    fills: bool = True
    """Whether entities fill slots."""

    def add(self, content: Content, path: Path, account: Account) -> None:
        """Learn another domain file."""
        self.slots = {} if self.slots is None else self.slots
        for name, record in _mapping(content.get("slots")).items():
            try:
                self.slots[name] = msgspec.convert(record or {}, Slot)
            except msgspec.ValidationError as error:
                self.slots[name] = Slot()
                place = Place(path, getattr(record, "line", content.line), f"slot `{name}`")
                account.leave_out(f"what is said of slots: {error}", place)
        if content.get("forms"):
            self.slots.setdefault("requested_slot", Slot("text", influence_conversation="false"))
        for name, entry in _named(content.get("entities")):
            sub = [*_strings(entry.get("roles")), *_strings(entry.get("groups"))]
            self.labels[name] = (name, *(f"{name}#{kind}" for kind in sub))
            if entry.get("influence_conversation") in _FALSE:
                self.unseen.add(name)
        for name, entry in _named(content.get("intents")):
            self.used[name] = (_listed(entry, "use_entities"), _listed(entry, "ignore_entities"))
        if _mapping(content.get("config")).get("store_entities_as_slots") in _FALSE:
            self.fills = False

    def start(self) -> dict[str, SlotValue]:
        """The slots' values when a conversation begins."""
        return {
            name: slot.initial_value
            for name, slot in (self.slots or {}).items()
            if slot.initial_value is not None
        }

    def filled(self, entities: Iterable[Entity]) -> dict[str, SlotValue]:
        """The slots that `entities` fill, with their values; of several the last one counts."""
        found = list(entities)
        filled: dict[str, SlotValue] = {}
        for name, slot in (self.slots or {}).items():
            if self.fills and (values := [one.value for one in _matching(name, slot, found)]):
                filled[name] = values if slot.kind == "list" else values[-1]
        return filled

    def value(self, name: str, given: SlotValue) -> SlotValue:
        """What slot `name` holds when it is set to `given`."""
        if self.slots is None:
            return "true" if given is Named.ONLY else given
        return self.slots[name].value(given) if name in self.slots else None

    def features(self, slots: Mapping[str, SlotValue]) -> dict[str, Feature]:
        """What a policy sees of the slots' values."""
        features: dict[str, Feature] = {}
        for name, value in slots.items():
            if self.slots is None:
                seen = None if value is None else plain_feature(value)
            else:
                seen = self.slots[name].feature(value) if name in self.slots else None
            if seen is not None:
                features[name] = seen
        return features

    def seen(self, said: UserUttered) -> tuple[str, ...]:
        """The labels of entities that a policy sees with this intent, sorted."""
        labels = {label for entity in said.entities for label in entity.labels}
        if said.intent is None:
            return ()
        if said.base_intent not in self.used:
            return tuple(sorted(labels))
        use, ignore = self.used[said.base_intent]
        if use is None:
            wanted = {label for name in self.labels for label in self._labels(name)} - self.unseen
        else:
            wanted = {label for name in use for label in self._labels(name)}
        ignored = self.unseen if ignore is None else ignore
        wanted -= {label for name in ignored for label in self._labels(name)}
        return tuple(sorted(labels & wanted))

    def _labels(self, name: str) -> tuple[str, ...]:
        return self.labels.get(name, (name,))


def _matching(name: str, slot: Slot, entities: list[Entity]) -> Iterator[Entity]:
    if slot.filled_by_name:
        yield from (entity for entity in entities if entity.name == name)
    for mapping in slot.mappings or ():
        if mapping.type == "from_entity" and not mapping.in_form:
            wanted = (mapping.entity, mapping.role, mapping.group)
            yield from (e for e in entities if (e.name, e.role, e.group) == wanted)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _named(items: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Items such as `- city` and `- city: {roles: [from]}`."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, str):
            yield item, {}
        else:
            yield from ((name, _mapping(entry)) for name, entry in _mapping(item).items())


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _listed(entry: dict[str, Any], key: str) -> list[str] | None:
    """The entities under `key`; None where all are meant, or nothing is said."""
    if key not in entry or entry[key] in ("true", "True", "TRUE"):
        return None
    return _strings(entry[key])
