"""What a system knows of its user's wishes in a corpus with a state at each user turn.

The state is that after the user spoke, so all of it is known before the system acts; only names of
slots become features, never their values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cueline.dialogue import Feature


class Wish(NamedTuple):
    """What the user wants of one service."""

    service: str = ""
    intent: str = ""
    requested: Iterable[str] = ()
    values: Mapping[str, object] = {}


class Wishes:
    """The wishes of the last user turn, and what is new in them."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[str, object]] = {}
        self.wishes: list[Wish] = []
        self.given: list[str] = []
        self.results: int | None = None

    def hear(self, wishes: Iterable[Wish]) -> None:
        """The user spoke, of these services."""
        self.wishes, self.given = list(wishes), []
        for wish in self.wishes:
            before = self.values.get(wish.service, {})
            self.given += [slot for slot, value in wish.values.items() if before.get(slot) != value]
            self.values[wish.service] = wish.values

    def found(self, results: int | None) -> None:
        """A database returned so many results; None where it was not asked."""
        self.results = self.results if results is None else results

    def answered(self) -> None:
        """The system acted: nothing is newly given until the user speaks again."""
        self.given = []

    def features(self) -> dict[str, Feature]:
        """The features of a turn that begins now; what there is nothing of is left out."""
        lists = {
            "intent": [wish.intent for wish in self.wishes if wish.intent not in ("", "NONE")],
            "requested": [slot for wish in self.wishes for slot in wish.requested],
            "given": self.given,
            "known": [slot for wish in self.wishes for slot in wish.values],
        }
        features: dict[str, Feature] = {
            name: tuple(dict.fromkeys(values)) for name, values in lists.items() if values
        }
        return features if self.results is None else features | {"results": self.results}
