"""What a precondition asks about: an action done in an earlier turn, or a feature of this one.

A fact about a feature that is not there does not hold, whatever it says.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from cueline.dialogue import Feature, categories

Sign = Literal[">", ">=", "<", "<="]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WORD = re.compile(r'[^\s"#][^\s"]*')


class WasDone(Struct, frozen=True, tag="done"):
    """The action was done in an earlier turn of the dialogue."""

    action: str


class IsKnown(Struct, frozen=True, tag="known"):
    """The feature is there."""

    feature: str

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        return f"{name_text(self.feature)} is known"

    def holds(self, features: Mapping[str, Feature]) -> bool:
        """Whether it does."""
        return self.feature in features


class IsTrue(Struct, frozen=True, tag="truth"):
    """The feature is that truth value."""

    feature: str
    value: bool

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        return f"{name_text(self.feature)} is {'true' if self.value else 'false'}"

    def holds(self, features: Mapping[str, Feature]) -> bool:
        """Whether it does."""
        return features.get(self.feature) is self.value


class Equals(Struct, frozen=True, tag="is"):
    """The feature is that number, or that category and no other."""

    feature: str
    value: str | float

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        return f"{name_text(self.feature)} is {_value_text(self.value)}"

    def holds(self, features: Mapping[str, Feature]) -> bool:
        """Whether it does."""
        value = features.get(self.feature)
        if value is None or isinstance(value, bool):
            return False
        return (
            value == self.value
            if isinstance(value, int | float | str)
            else (set(categories(value)) == {self.value})
        )


class Has(Struct, frozen=True, tag="has"):
    """The category is one of those that the feature holds, or the only one."""

    feature: str
    value: str

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        return f"{name_text(self.feature)} has {_value_text(self.value)}"

    def holds(self, features: Mapping[str, Feature]) -> bool:
        """Whether it does."""
        value = features.get(self.feature)
        if value is None or isinstance(value, int | float):
            return False
        return value == self.value if isinstance(value, str) else self.value in value


class Compares(Struct, frozen=True, tag="compares"):
    """The feature is a number on that side of another."""

    feature: str
    sign: Sign
    number: float

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        return f"{name_text(self.feature)} {self.sign} {_value_text(self.number)}"

    def holds(self, features: Mapping[str, Feature]) -> bool:
        """Whether it does."""
        value = features.get(self.feature)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.sign == ">":
            return value > self.number
        if self.sign == ">=":
            return value >= self.number
        return value < self.number if self.sign == "<" else value <= self.number


Condition = IsKnown | IsTrue | Equals | Has | Compares
"""A fact about a feature."""


def name_text(name: str) -> str:
    """A name as it stands in a rules file: in quotes, those of JSON, where it must be."""
    return name if _WORD.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value_text(value: str | float) -> str:
    if isinstance(value, str):
        special = value in ("true", "false", "known") or as_number(value) is not None
        return json.dumps(value, ensure_ascii=False) if special else name_text(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def as_number(text: str) -> float | None:
    """The finite number that `text` is, if it is one."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None
