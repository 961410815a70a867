"""What is recorded of requests and of decisions: spans, and how long each took.

Names are those of OpenTelemetry's semantic conventions for HTTP servers and for generative AI; what
they have no name for begins with `cueline.`. No attribute holds what a user said, nor whose
dialogue it is: actions, reasons and policies are the policy's own words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.util.types import AttributeValue

from cueline import __version__
from cueline.corpus.transcripts.turns import RESPOND
from cueline.policy import Decision

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
OPERATION = "chat"
"""The conventions' name for asking a model what to say or call next."""
_OURS: dict[str, AttributeValue] = {
    "gen_ai.operation.name": OPERATION,
    "gen_ai.provider.name": "cueline",
}


class Decided(NamedTuple):
    """What came of a turn."""

    policy: str
    decision: Decision
    turn: int | None = None
    """In a dialogue that is kept."""
    repeated: bool = False
    """Whether it is the answer of an earlier request."""
    called: bool | None = None
    """Whether the answer was calls; None where it was the decision itself."""


class Telemetry:
    """Where a service tells what happens."""

    def __init__(
        self,
        tracers: TracerProvider,
        meters: MeterProvider,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self.end = end
        """Sends what is left to send."""
        self.tracer = tracers.get_tracer("cueline", __version__)
        self.meter = meters.get_meter("cueline", __version__)
        self.requests = self.meter.create_histogram(
            "http.server.request.duration",
            "s",
            "Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._decisions = self.meter.create_histogram(
            "gen_ai.server.request.duration",
            "s",
            "Time to decide a turn and to store it.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._confidence = self.meter.create_histogram(
            "cueline.confidence",
            "1",
            "Confidence of decisions.",
            explicit_bucket_boundaries_advisory=[tenth / 10 for tenth in range(1, 11)],
        )

    @contextmanager
    def deciding(self, dialogue: str | None = None) -> Iterator[Callable[[Decided], None]]:
        """A span around a decision; what it was is handed to what this gives."""
        measured, began = dict(_OURS), time.perf_counter()
        started = measured | ({} if dialogue is None else {"gen_ai.conversation.id": dialogue})
        with self.tracer.start_as_current_span(
            OPERATION,
            kind=SpanKind.INTERNAL,
            attributes=started,
            record_exception=False,  # its words may be a user's
            set_status_on_exception=False,
        ) as span:

            def decided(what: Decided) -> None:
                measured["gen_ai.request.model"] = what.policy
                span.update_name(f"{OPERATION} {what.policy}")
                span.set_attributes(_attributes(what))
                if not what.repeated:
                    self._confidence.record(what.decision.confidence)

            try:
                yield decided
            except BaseException as error:
                measured["error.type"] = type(error).__name__
                failed(span, type(error).__name__)
                raise
            finally:
                self._decisions.record(time.perf_counter() - began, measured)


def failed(span: Span, kind: str) -> None:
    """Mark `span` as one that ended in an error; what the error says is left out."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _attributes(what: Decided) -> dict[str, AttributeValue]:
    decision = what.decision
    calls = what.called
    if calls is None:
        calls = decision.sure and any(action != RESPOND for action in decision.actions)
    recorded: dict[str, AttributeValue] = {
        "gen_ai.request.model": what.policy,
        "gen_ai.response.model": what.policy,
        "gen_ai.response.finish_reasons": ["tool_calls" if calls else "stop"],
        "cueline.actions": decision.actions,
        "cueline.sure": decision.sure,
        "cueline.reason": decision.reason,
        "cueline.confidence": decision.confidence,
        "cueline.repeated": what.repeated,
    }
    return recorded if what.turn is None else recorded | {"cueline.turn": what.turn}
