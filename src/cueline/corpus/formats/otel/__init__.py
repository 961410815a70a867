"""OpenTelemetry's messages."""
