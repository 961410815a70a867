"""OpenTelemetry spans of generative AI."""
