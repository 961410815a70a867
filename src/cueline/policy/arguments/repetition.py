"""Several calls of one action at a turn: one for each of several values, of two cities say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from cueline.policy.arguments.candidates import ActionParameter, Heard, Source
from cueline.policy.arguments.values import value_key


class Repetition(Struct, frozen=True):
    """Whose values an action is called for one by one, and how often that is right."""

    parameter: str
    source: Source
    each: float
    """The probability that it is called once for each of the values, where there are several."""
    once: float
    """The probability that it is called once where there are not."""


def repeated_values(parameter: ActionParameter, source: Source, heard: Heard) -> Sequence[Any]:
    """The different values of `source` that `parameter` may have, in the order that they came."""
    typed = map(parameter.typed, reversed(heard.sources.get(source, ())))
    return list({value_key(value): value for value in typed if value is not None}.values())
