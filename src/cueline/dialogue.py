"""The two things everything else is about: a turn, and a dialogue of turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Feature = str | bool | int | float | tuple[str, ...]
"""A context feature: a category, a truth value, a number, or several categories."""

NO_FEATURES: Mapping[str, Feature] = {}


@dataclass(frozen=True, slots=True)
class Turn:
    """One user turn and what the system did in answer to it.

    `user` is None where the system acts again without hearing the user. `features` and
    `available` are what the system knows *before* it acts. `actions` is None where nobody has said
    yet what the system does (a live turn); `()` says that it rightly does nothing. `system` is what
    it said in words, known only after it acted.
    """

    user: str | None = None
    features: Mapping[str, Feature] = field(default_factory=lambda: NO_FEATURES)
    available: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue: its turns in order, an identifier, and anything else known of it."""

    id: str
    turns: tuple[Turn, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
