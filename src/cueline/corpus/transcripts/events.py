"""What happens in a transcript, as one stream in order of time, whatever the dialect.

A dialect's reader gives these events and makes no turns; `turns_of` makes the turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
"""Tokens."""


class UserSaid(Struct, frozen=True):
    """The user said something; an empty text is something without words, such as an image."""

    text: str


class SystemSaid(Struct, frozen=True):
    """The system said something in words; `target` is false where nobody should learn from it."""

    text: str
    target: bool = True


class Call(Struct, frozen=True):
    """The system called a tool.

    `arguments` is decoded JSON, or the text where it is none. `id` is what its result refers to.
    """

    name: str
    arguments: Any = None
    id: str | None = None
    target: bool = True


class Result(Struct, frozen=True):
    """What a call returned: text or decoded JSON.

    It belongs to the call with the id `call_id`; without one to the next call of the tool `name`
    that waits for a result, and without either to the next call that waits.
    """

    content: Any
    call_id: str | None = None
    name: str | None = None
    failed: bool = False


class ToolsOffered(Struct, frozen=True):
    """The tools that may be called from now on; None where any may be."""

    names: tuple[str, ...] | None
    schemas: Mapping[str, Any] = {}
    """The JSON schema of the arguments of each, where its definition has one."""


class TurnUsage(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a model took for one turn; None where nobody counted."""

    input: Count | None = None
    """Tokens read."""
    output: Count | None = None
    """Tokens written."""
    seconds: Annotated[float, Meta(ge=0)] | None = None


class StepEnded(Struct, frozen=True, eq=False):
    """The system ended a step: a message of its own. What it does next is another turn.

    One is like any other, whatever it took: a log that repeats a step rarely says that again.
    """

    usage: TurnUsage | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StepEnded)

    def __hash__(self) -> int:
        return hash(StepEnded)


Event = UserSaid | SystemSaid | Call | Result | ToolsOffered | StepEnded
STEP_ENDED = StepEnded()
