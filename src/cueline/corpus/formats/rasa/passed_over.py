"""What of a bot's files was not read, and where."""

from __future__ import annotations

from typing import NamedTuple

from cueline.errors import Place


class PassedOver(NamedTuple):
    """Something in a file that no dialogue has."""

    place: Place
    what: str


Log = list[PassedOver]
