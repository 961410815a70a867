"""What was known of a watched promise, and when: few points, however long it is watched."""

from __future__ import annotations

from msgspec import Struct

from cueline.server.domain.risk_watch import RiskWatch, Standing

MAX_POINTS = 200
"""Points that are kept; of more, every second one between two changes goes."""


class WatchPoint(Struct, frozen=True):
    """What was known after some checks."""

    at: float
    """When the last of them was stored, in seconds since 1970."""
    audits: int
    upper_bound: float
    threshold: float | None
    """The confidence from which sure turns were answered here; null where none were."""
    standing: Standing

    @classmethod
    def of(cls, watch: RiskWatch, at: float) -> WatchPoint:
        """What `watch` knows now."""
        return cls(at, watch.audits, watch.upper_bound, watch.threshold, watch.standing)

    @property
    def state(self) -> tuple[float | None, Standing]:
        """What decides who answers."""
        return self.threshold, self.standing


class WatchHistory:
    """Points at a distance that grows with the number of checks, and every change between them."""

    def __init__(self) -> None:
        self.points: list[WatchPoint] = []
        self._distance = 1
        """Checks from a point to the next."""

    def add(self, watch: RiskWatch, at: float) -> None:
        """Another check was taken in by `watch`."""
        last = self.points[-1] if self.points else None
        changed = last is not None and last.state != (watch.threshold, watch.standing)
        if last is None or changed or watch.audits >= last.audits + self._distance:
            self.points.append(WatchPoint.of(watch, at))
        if len(self.points) > MAX_POINTS:
            self._distance *= 2
            self.points = self._thinned()

    def _thinned(self) -> list[WatchPoint]:
        """The points without every second one that says no change."""
        kept = self.points[:1]
        for number, point in enumerate(self.points[1:], 1):
            if number % 2 == 0 or point.state != self.points[number - 1].state:
                kept.append(point)
        return kept[-MAX_POINTS:]
