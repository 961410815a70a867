"""What Prometheus reads at `/metrics`: load, errors, and whether users speak as in training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric

from cueline.features.novelty import novelty
from cueline.server.domain.sessions import Sessions, StepResult

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


M = TypeVar("M", Counter, Histogram)


class Metrics:
    """The counters of one service."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._labelled: dict[tuple[int, tuple[str, ...]], object] = {}
        to = self.registry = CollectorRegistry()
        self._requests = Counter(
            "cueline_requests", "Requests.", ["method", "route", "status"], registry=to
        )
        self._seconds = Histogram(
            "cueline_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=to
        )
        self._turns = Counter(
            "cueline_turns", "Turns decided.", ["policy", "sure", "reason"], registry=to
        )
        self._confidence = Histogram(
            "cueline_confidence", "Confidence of decisions.", buckets=_CONFIDENCE, registry=to
        )
        self._repeated = Counter("cueline_repeated", "Retries of a stored turn.", registry=to)
        self._words = Counter("cueline_words", "Words users said.", registry=to)
        self._new_words = Counter("cueline_unknown_words", "Those never seen.", registry=to)
        self._features = Counter("cueline_features", "Features sent.", registry=to)
        self._new_features = Counter(
            "cueline_unknown_features", "Those with a name or value never seen.", registry=to
        )
        self._shadow = Counter(
            "cueline_shadow", "Turns decided in the shadow.", ["policy", "agrees"], registry=to
        )
        self.corrections = Counter("cueline_corrections", "Corrections.", registry=to)
        for name, text, value in (
            ("cueline_dialogues", "Dialogues stored, about.", lambda: sessions.dialogues),
            ("cueline_dialogues_in_memory", "Those in memory.", lambda: len(sessions)),
            ("cueline_expired", "Dialogues erased as quiet.", lambda: sessions.expired),
            ("cueline_watchers", "Open event streams.", lambda: len(sessions.watchers)),
        ):
            Gauge(name, text, registry=to).set_function(value)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is its template, never its path."""
        method = method if method in METHODS else "other"
        self._label(self._requests, method, route, str(status)).inc()
        self._label(self._seconds, route).observe(seconds)

    def stepped(self, result: StepResult) -> None:
        """A turn was decided, or its answer repeated."""
        event = result.event
        if result.repeated:
            self._repeated.inc()
            return
        decision = event.decision
        self._label(self._turns, event.policy, str(decision.sure).lower(), decision.reason).inc()
        self._confidence.observe(decision.confidence)
        if event.shadow is not None:
            agrees = event.shadow.decision.actions == decision.actions
            self._label(self._shadow, event.shadow.policy, str(agrees).lower()).inc()
        if event.policy in self._sessions.policies:
            policy = self._sessions.policies[event.policy]
            new = novelty(policy.featurizer, event.said)
            self._words.inc(new.words)
            self._new_words.inc(new.unknown_words)
            self._features.inc(new.features)
            self._new_features.inc(new.unknown_features)

    def _label(self, metric: M, *labels: str) -> M:
        """`metric.labels(...)`, which takes its time, once for each."""
        found = self._labelled.get((id(metric), labels))
        if found is None:
            found = self._labelled[id(metric), labels] = metric.labels(*labels)
        return cast(M, found)

    def families(self) -> Iterable[Metric]:
        """All of them as they stand now."""
        return self.registry.collect()

    def text(self) -> bytes:
        """All of them in Prometheus's text format."""
        return generate_latest(self.registry)
