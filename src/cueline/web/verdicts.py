"""What people said of turns that are looked at: corrected, confirmed, or not yet anything."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cueline.dialogue import Arguments, Span


class Opinion(Struct, frozen=True):
    """What one person calls right at a turn. Times are in seconds since 1970, UTC."""

    author: str | None
    at: float
    actions: tuple[str, ...]


class Verdict(Struct, frozen=True):
    """What counts as right at a turn because someone said so."""

    actions: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    """The latest of each person; that of `actions` comes last."""
    decided: tuple[str, ...] | None = None
    """What was decided there when it was live; to call that right confirms it."""
    spans: tuple[Span, ...] | None = None
    arguments: Arguments | None = None

    @property
    def disputed(self) -> bool:
        """Whether two people call different actions right."""
        return len({frozenset(each.actions) for each in self.opinions}) > 1


Verdicts = Mapping[str, Mapping[int, Verdict]]
"""By the dialogue's id, then by turn."""
EMPTY: Mapping[int, Verdict] = {}
