"""OpenTelemetry's SDK with its exporters over HTTP; each reads its own `OTEL_*` variables."""

from __future__ import annotations

from collections.abc import Set
from contextlib import ExitStack

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracerProvider

from cueline import __version__
from cueline.server.telemetry.telemetry import Telemetry


def exporting(signals: Set[str]) -> Telemetry:
    """Telemetry that is sent from threads of its own, what is left of it at the end."""
    ours = Resource.create({"service.name": "cueline", "service.version": __version__})
    resource = ours.merge(OTELResourceDetector().detect())
    end = ExitStack()
    tracers: TracerProvider | NoOpTracerProvider = NoOpTracerProvider()
    if "TRACES" in signals:
        tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        end.callback(tracers.shutdown)
    meters: MeterProvider | NoOpMeterProvider = NoOpMeterProvider()
    if "METRICS" in signals:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        end.callback(meters.shutdown)
    return Telemetry(tracers, meters, end.close)
