"""What is stored: a dialogue is the list of its events, and everything else follows from them.

An event is never changed. Its place in the list, 0 for `Opened`, is its `seq`: a store takes an
event only at the next free place, and that is what keeps a dialogue in order.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from cueline.dialogue import Turn
from cueline.policy import Decision


class ShadowDecision(Struct, frozen=True):
    """What another policy would have done at the turn, had it been asked."""

    policy: str
    decision: Decision


class Opened(Struct, frozen=True, tag="opened", omit_defaults=True):
    """A dialogue begins. Times are in seconds since 1970, UTC."""

    at: float
    policy: str
    user: str | None = None
    """Whose dialogue it is, in the caller's own words; to export and erase it by."""


class Stepped(Struct, frozen=True, tag="turn", omit_defaults=True):
    """A turn and what was decided at it, by which policy."""

    at: float
    turn: int
    said: Turn
    """What was known before the system acted; what it did is not in it."""
    decision: Decision
    policy: str
    took: tuple[str, ...] | None = None
    """What the system really did at the turn before, where that was not what was decided."""
    key: str | None = None
    """The `Idempotency-Key` it came with."""
    digest: str | None = None
    """With a key: a hash of the request, to tell a retry from another turn under the same key."""
    shadow: ShadowDecision | None = None


class Corrected(Struct, frozen=True, tag="correction"):
    """Someone says what would have been right at a turn; what was decided there stays decided."""

    at: float
    turn: int
    actions: tuple[str, ...]


Event = Opened | Stepped | Corrected

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

encode = _encoder.encode
decode = _decoder.decode
