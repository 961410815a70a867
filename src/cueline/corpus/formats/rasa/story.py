"""Rasa's stories as steps, whatever file they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from cueline.dialogue import Span
from cueline.errors import Place

LISTEN = "action_listen"
"""The action of waiting for the user."""
ANYTHING = "..."
"""An action of a rule that stands for whatever comes there."""
SlotValue = Any
"""What a slot holds: a string, None, or a list or mapping of such."""


class Named(Enum):
    """The value of a slot that is set to something that is not said: `- slot_was_set: [name]`."""

    ONLY = "named only"


class Entity(NamedTuple):
    """Something found in what the user says."""

    name: str
    value: SlotValue = None
    role: str | None = None
    group: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Its name, alone and with its role and its group."""
        kinds = [kind for kind in (self.role, self.group) if kind is not None]
        return (self.name, *(f"{self.name}#{kind}" for kind in kinds))

    @property
    def label(self) -> str:
        """Its name with its role and its group, as of a span."""
        return "#".join(filter(None, (self.name, self.role, self.group)))


class UserUttered(NamedTuple):
    """The user says something: an intent with entities, or words, or both."""

    intent: str | None = None
    entities: tuple[Entity, ...] = ()
    text: str | None = None
    spans: tuple[Span, ...] = ()
    """The entities in `text`."""

    @property
    def base_intent(self) -> str | None:
        """`faq` for the retrieval intent `faq/price`: a policy sees no more of it."""
        return None if self.intent is None else self.intent.partition("/")[0]


class Acted(NamedTuple):
    """The bot does something; `text` if it was given by its words."""

    action: str
    text: str | None = None


class SlotsSet(NamedTuple):
    """Slots have these values from now on; None empties one."""

    values: Mapping[str, SlotValue]


class Loop(NamedTuple):
    """The form of that name is on from now on; None: none is."""

    name: str | None


class Event(Enum):
    """What changes the past, under Rasa's own name."""

    RESTART = "restart"
    RESET_SLOTS = "reset_slots"
    UNDO = "undo"
    REWIND = "rewind"


class Checkpoint(NamedTuple):
    """The story goes on where another one begins with the same name, if its slots are like that."""

    name: str
    slots: Mapping[str, SlotValue]


class Alternatives(NamedTuple):
    """One of several steps."""

    ways: tuple[UserUttered | SlotsSet, ...]


Happening = UserUttered | Acted | SlotsSet | Loop | Event
Step = Happening | Checkpoint | Alternatives


@dataclass(frozen=True, slots=True)
class Story:
    """A story or a rule, and where it stands."""

    name: str
    steps: tuple[Step, ...]
    place: Place
    rule: bool = False
    condition: tuple[Happening, ...] = ()
    """What must be so for a rule to hold."""
    at_start: bool = False
    """Whether the rule holds only where a conversation begins."""
    waits: bool = True
    """Whether the bot waits for the user after the last step, rather than going on."""

    @property
    def named_place(self) -> Place:
        """Where it stands, with its name."""
        return Place(self.place.file, self.place.line, f"`{self.name}`")
