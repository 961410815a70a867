"""What Prometheus reads of the cascade."""

from __future__ import annotations

import math
from collections import Counter as Counts

from prometheus_client import CollectorRegistry, Counter, Gauge

from cueline.server.domain.risk_watch import RiskWatch
from cueline.server.upstream.client import Upstream
from cueline.server.upstream.recorder import Recorder


class CascadeMetrics:
    """Counters and gauges, to be registered where all others are."""

    def __init__(self, upstream: Upstream, recorder: Recorder | None) -> None:
        self.turns: Counts[str] = Counts()
        """Agents' turns since this server began, by why they were answered where they were."""
        self._answered = Counter(
            "cueline_cascade_answers",
            "Turns of agents, by who answered and why.",
            ["by", "because"],
            registry=None,
        )
        self._audited = Counter(
            "cueline_audits", "Sure turns that the upstream answered.", ["wrong"], registry=None
        )
        self.not_understood = Counter(
            "cueline_upstream_not_understood",
            "Answers of the upstream of which nobody knows what they do: cut off, or odd.",
            registry=None,
        )
        self._bound = Gauge(
            "cueline_risk_upper_bound", "On the share of wrong answers here.", registry=None
        )
        self._promised = Gauge("cueline_risk_promised", "What it may be.", registry=None)
        self._threshold = Gauge(
            "cueline_answers_from",
            "Confidence from which sure turns are answered here; infinite where none are.",
            registry=None,
        )
        self._all = [self._answered, self._audited, self.not_understood]
        self._watched = [self._bound, self._promised, self._threshold]
        away = Gauge("cueline_upstream_away", "Whether it is left alone.", registry=None)
        away.set_function(lambda: upstream.breaker.open)
        retried = Gauge("cueline_upstream_retries", "Requests sent again.", registry=None)
        retried.set_function(lambda: upstream.retried)
        self._gauges = [away, retried]
        if recorder is not None:
            lost = Gauge("cueline_cascade_lost", "Turns that were not stored.", registry=None)
            lost.set_function(lambda: recorder.lost)
            self._gauges.append(lost)

    def answered(self, by: str, because: str) -> None:
        """A turn was answered."""
        self._answered.labels(by, because).inc()
        self.turns[because] += 1

    def audited(self, wrong: bool) -> None:
        """A sure turn was held against what the upstream did."""
        self._audited.labels(str(wrong).lower()).inc()

    def watched(self, watch: RiskWatch) -> None:
        """This is what is known of the policy that answers now."""
        self._bound.set(watch.upper_bound)
        self._promised.set(watch.promised)
        self._threshold.set(math.inf if watch.threshold is None else watch.threshold)

    def register(self, registry: CollectorRegistry, watched: bool) -> None:
        """Add all of them to `registry`; those of a watch where there is one."""
        for each in (*self._all, *self._gauges, *(self._watched if watched else ())):
            registry.register(each)
