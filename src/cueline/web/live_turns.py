"""What is known of a turn because it was live: when it was, and whether it went upstream."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Went = Literal["deferred", "audited"]
"""Upstream, as the policy had no answer; or though it had one, to see whether that was right."""


class LiveTurn(Struct, frozen=True):
    """A turn that was live."""

    at: float
    """When it was, in seconds since 1970, UTC."""
    went: Went | None = None
