"""What Prometheus counts, for OpenTelemetry to read whenever it sends: counted once, read twice."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from cueline.server.metrics import Metrics


def mirror(metrics: Metrics, meter: Meter) -> None:
    """Have `meter` tell every counter and gauge of `metrics`, by the name it has there."""
    for family in metrics.families():
        read = _Reader(metrics, family.name)
        if family.type == "counter":
            meter.create_observable_counter(family.name, [read], "1", family.documentation)
        elif family.type == "gauge":
            meter.create_observable_gauge(family.name, [read], "1", family.documentation)


class _Reader:
    """The values of one family now."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._metrics, self._name = metrics, name

    def __call__(self, _: CallbackOptions) -> Iterator[Observation]:
        for family in self._metrics.families():
            if family.name == self._name:
                for sample in family.samples:
                    yield Observation(sample.value, sample.labels)
