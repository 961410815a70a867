"""What happens in a transcript, as one stream in order of time, whatever the dialect.

A dialect's reader gives these events and makes no turns; `turns_of` makes the turns.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


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


class StepEnded(Struct, frozen=True):
    """The system ended a step: a message of its own. What it does next is another turn."""


Event = UserSaid | SystemSaid | Call | Result | ToolsOffered | StepEnded
STEP_ENDED = StepEnded()
