"""A slot, and what of its value a policy may see: as Rasa 3.6 makes features of it."""

from __future__ import annotations

from math import isfinite
from typing import Any

from msgspec import Struct

from cueline.corpus.formats.rasa.story import Named, SlotValue
from cueline.dialogue import Feature

OTHER = "__other__"
"""What any value of a categorical slot is that its domain does not list."""
FILLED = "filled"
"""The value of a text that is only said to be set."""
_NEVER_SEEN = ("any", "unfeaturized")
_FALSE = ("false", "False", "FALSE")


class Mapping(Struct):
    """What fills a slot."""

    type: str | None = None
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    conditions: list[dict[str, Any]] | None = None

    @property
    def in_form(self) -> bool:
        """Whether only a form fills the slot; its first condition decides, as in Rasa."""
        first = next(iter(self.conditions or ()), {})
        return first.get("active_loop") is not None


class Slot(Struct):
    """A slot as the domain has it. Scalars are strings."""

    type: str | None = None
    influence_conversation: str | None = None
    initial_value: SlotValue = None
    values: list[Any] | None = None
    min_value: str | None = None
    max_value: str | None = None
    mappings: list[Mapping] | None = None
    auto_fill: str | None = None

    @property
    def kind(self) -> str:
        """Its type in one word, also where its class is named."""
        kind = (self.type or "any").rpartition(".")[2].removesuffix("Slot").lower()
        return "bool" if kind == "boolean" else kind

    @property
    def seen(self) -> bool:
        """Whether a policy may see it at all."""
        return self.influence_conversation not in _FALSE and self.kind not in _NEVER_SEEN

    @property
    def filled_by_name(self) -> bool:
        """Whether an entity of its name fills it: as in Rasa 1 and 2, unless something is said."""
        return self.mappings is None and self.auto_fill not in _FALSE

    def value(self, given: SlotValue) -> SlotValue:
        """What the slot holds when it is set to `given`; a list holds lists alone."""
        if given is Named.ONLY:
            given = FILLED if self.kind in ("text", "list") else None
        return [given] if self.kind == "list" and given and not isinstance(given, list) else given

    def feature(self, value: SlotValue) -> Feature | None:
        """What a policy sees; None as if the slot were empty."""
        if value is None or not self.seen:
            return None
        match self.kind:
            case "text":
                return True
            case "list":
                return True if value else None
            case "bool":
                return _truth(value)
            case "float":
                return self._number(value)
            case "categorical":
                return self._category(value)
        return plain_feature(value)  # a type of the bot's own

    def _category(self, value: SlotValue) -> str:
        named = [str(one).lower() for one in self.values or () if one is not None]
        return name if (name := str(value).lower()) in named else OTHER

    def _number(self, value: SlotValue) -> float | None:
        """Never beyond the bounds, which are 0 and 1 where the domain names none."""
        low, high = _float(self.min_value), _float(self.max_value)
        number = _float(value)
        if number is None:
            return None
        return max(0.0 if low is None else low, min(1.0 if high is None else high, number))


def same(value: SlotValue, other: SlotValue) -> bool:
    """Whether two values are equal, numbers by what they are worth: 1 is 1.0, and is true."""
    number = _float(value)
    return value == other or (number is not None and number == _float(other))


def _truth(value: SlotValue) -> bool | None:
    if not isinstance(value, str):
        return None
    if value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    number = _float(value)
    return None if number is None else number == 1.0


def _float(value: SlotValue) -> float | None:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return float(value.lower() == "true")
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def plain_feature(value: SlotValue) -> Feature:
    """A value where nothing says of which type it is."""
    if isinstance(value, list):
        return tuple(map(str, value))
    if not isinstance(value, str):
        return value if isinstance(value, bool | int | float) else str(value)
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    number = _float(value)
    return value if number is None or not isfinite(number) else number
