"""How much is too much: the bounds that one caller, one dialogue and the whole service have."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from cueline.dialogue import Turn, categories
from cueline.server.errors import LimitExceededError

Count = Annotated[int, Meta(ge=1)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The bounds, with their defaults."""

    body: Count = 262_144
    """Bytes of a request."""
    agent_body: Count = 4_194_304
    """Bytes of a request of an agent, which holds its whole dialogue and all of its tools."""
    body_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """Seconds within which the body of a request must have come."""
    headers: Count = 16_384
    """Bytes of a request before its body."""
    headers_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """Seconds within which they must have come, from when the connection was made."""
    connections: Count = 2_000
    """Open connections."""
    text: Count = 8_000
    """Characters of what a user says at one turn, and of any other string in it."""
    items: Count = 512
    """Features of a turn, values of one feature, actions named."""
    turns: Count = 1_000
    """Turns of a dialogue."""
    batch: Count = 256
    """Turns in one batch step; messages in one chat completion are bounded by `turns`."""
    dialogues: Count = 1_000_000
    """Dialogues kept at a time."""
    ttl: Annotated[float, Meta(gt=0)] = 30 * 86_400.0
    """Seconds after its last event at which a dialogue is erased."""
    expire_share: Annotated[float, Meta(gt=0, le=1)] = 0.5
    """Share of all dialogues that may be erased so at once; more are likelier a wrong clock."""
    rate: Annotated[float, Meta(gt=0)] | None = None
    """Requests a second for one caller, over time; None for no bound."""
    burst: Count = 100
    """Requests one caller may make at once."""
    watchers: Count = 1_000
    """Open event streams."""

    def check(self, turn: Turn) -> None:
        """Raise `LimitExceededError` where a turn is beyond what one may be."""
        self._text(turn.user, "$.user")
        self._text(turn.system, "$.system")
        self.check_names(turn.available, "$.available")
        if len(turn.features) > self.items:
            raise LimitExceededError(f"$.features: more than {self.items} features")
        for name, value in turn.features.items():
            self._text(name, "$.features")
            if isinstance(value, str):
                self._text(value, f"$.features.{name}")
            else:  # a vector is as long as the policy takes it, or is refused there
                self.check_names(categories(value), f"$.features.{name}")

    def check_names(self, names: Sequence[str] | None, path: str) -> None:
        """Raise `LimitExceededError` where too many names are listed, or too long ones."""
        if names is None:
            return
        if len(names) > self.items:
            raise LimitExceededError(f"{path}: more than {self.items} items")
        for name in names:
            self._text(name, path)

    def _text(self, text: str | None, path: str) -> None:
        if text is not None and len(text) > self.text:
            raise LimitExceededError(f"{path}: longer than {self.text} characters")


class RateLimit:
    """A token bucket for each caller (Turner, 1986: the leaky bucket as a meter)."""

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        most: int = 10_000,
    ) -> None:
        self._rate, self._burst, self._clock, self._most = rate, burst, clock, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Seconds that `caller` must wait; 0 takes one request from its bucket."""
        tokens = self._refilled(caller)
        if tokens < 1:
            return (1 - tokens) / self._rate
        self.charge(caller, 1)
        return 0.0

    def charge(self, caller: str, tokens: float) -> None:
        """Take `tokens` from the bucket of `caller`; what is not there is owed."""
        left = self._refilled(caller) - tokens
        self._buckets[caller] = left, self._clock()

    def _refilled(self, caller: str) -> float:
        now = self._clock()
        tokens, then = self._buckets.pop(caller, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - then) * self._rate)
        self._buckets[caller] = tokens, now
        if len(self._buckets) > self._most:  # whoever was quiet longest begins anew
            self._buckets.popitem(last=False)
        return tokens
