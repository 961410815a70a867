"""OpenInference's spans: those of OpenTelemetry, with attributes of their own.

{"name": "ChatCompletion", "context": {"trace_id": "71", "span_id": "1"}, "attributes": {
 "openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user",
 "llm.input_messages.0.message.content": "Where is my parcel?",
 "llm.output_messages.0.message.role": "assistant",
 "llm.output_messages.0.message.content": "On its way."}}
"""

from __future__ import annotations

from cueline.corpus.formats.traces.otel import attribute_names, pieces
from cueline.corpus.transcripts.outline import Outline

__all__ = ["pieces", "recognises"]
_OWN = ("openinference.", "llm.input_messages", "llm.output_messages")


def recognises(record: Outline) -> bool:
    """Whether it is a span with attributes of OpenInference."""
    value = record.value
    return isinstance(value, dict) and any(name.startswith(_OWN) for name in attribute_names(value))
