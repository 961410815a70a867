"""Spans and metrics for OpenTelemetry, beside Prometheus; not imported where `OTEL_*` ask for none.

- `environment`: whether they are asked for
- `otlp`: exporters over HTTP, as OpenTelemetry's SDK sets them up
- `telemetry`: what is recorded of each decision
- `requests`, `counters`: spans of requests; what Prometheus reads, for OpenTelemetry
- `parts`, `instrumented`: what a server is made of, without all that and with it
"""
