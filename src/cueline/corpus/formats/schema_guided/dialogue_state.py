"""What a system knows of its user, in a corpus with a state at each user turn.

The state is that after the user spoke, so all of it is known before the system acts; only names of
slots become features, never their values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cueline.dialogue import Feature


class ServiceState(NamedTuple):
    """The state of one service: what the user wants of it."""

    service: str = ""
    intent: str = ""
    requested: Iterable[str] = ()
    values: Mapping[str, object] = {}


class DialogueState:
    """The states of all services after the last user turn, and which slots are new."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[str, object]] = {}
        self.services: list[ServiceState] = []
        self.given: list[str] = []
        self.results: int | None = None

    def hear(self, services: Iterable[ServiceState]) -> None:
        """The user spoke, of these services."""
        self.services, self.given = list(services), []
        for state in self.services:
            before = self.values.get(state.service, {})
            self.given += [
                slot for slot, value in state.values.items() if before.get(slot) != value
            ]
            self.values[state.service] = state.values

    def found(self, results: int | None) -> None:
        """A database returned this number of results; None where it was not asked."""
        self.results = self.results if results is None else results

    def answered(self) -> None:
        """The system acted: nothing is newly given until the user speaks again."""
        self.given = []

    def features(self) -> dict[str, Feature]:
        """The features of a turn that begins now; what there is nothing of is left out."""
        lists = {
            "intent": [state.intent for state in self.services if state.intent not in ("", "NONE")],
            "requested": [slot for state in self.services for slot in state.requested],
            "given": self.given,
            "known": [slot for state in self.services for slot in state.values],
        }
        features: dict[str, Feature] = {
            name: tuple(dict.fromkeys(values)) for name, values in lists.items() if values
        }
        return features if self.results is None else features | {"results": self.results}
