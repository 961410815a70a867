"""A circuit breaker: an upstream that fails is left alone for a while (Nygard, 2007)."""

from __future__ import annotations

import time
from collections.abc import Callable


class CircuitBreaker:
    """Closed lets all through; after `failures` in a row it opens, and rests.

    After each rest one request may try: if it fails too, the next rest is twice as long, up to
    `longest`. Times are in seconds.
    """

    def __init__(
        self,
        failures: int,
        rest: float,
        longest: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures, self._first, self._longest, self._clock = failures, rest, longest, clock
        self._failed, self._rest = 0, rest
        self._until: float | None = None
        self._trying = False

    @property
    def open(self) -> bool:
        """Whether the upstream is taken to be away."""
        return self._until is not None

    def wait(self) -> float:
        """Seconds to wait before a request may be sent; 0 lets one go, which must be reported."""
        if self._until is None:
            return 0.0
        left = self._until - self._clock()
        if left > 0:
            return left
        if self._trying:
            return self._rest
        self._trying = True
        return 0.0

    def succeeded(self) -> None:
        """A request that was let go was answered."""
        self._failed, self._rest, self._until, self._trying = 0, self._first, None, False

    def failed(self) -> None:
        """A request that was let go was not answered, or by an error of the server."""
        self._failed += 1
        if self._until is not None and self._trying:
            self._rest = min(2 * self._rest, self._longest)
        elif self._until is not None or self._failed < self._failures:
            return
        self._trying = False
        self._until = self._clock() + self._rest

    def abandoned(self) -> None:
        """A request that was let go was given up by its caller: it tells nothing."""
        self._trying = False
