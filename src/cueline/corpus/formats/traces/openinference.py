"""OpenInference's spans: those of OpenTelemetry, with attributes of their own.

{"name": "ChatCompletion", "context": {"trace_id": "71", "span_id": "1"}, "attributes": {
 "openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user",
 "llm.input_messages.0.message.content": "Where is my parcel?",
 "llm.output_messages.0.message.role": "assistant",
 "llm.output_messages.0.message.content": "On its way."}}
"""

from __future__ import annotations

from cueline.corpus.formats.traces.otel import attribute_names, pieces
from cueline.corpus.formats.traces.protocol import first_spans
from cueline.corpus.transcripts.outline import Outline, first_object

__all__ = ["pieces", "recognises"]
_OWN = ("openinference.", "llm.input_messages", "llm.output_messages")


def recognises(record: Outline) -> bool:
    """Whether the first spans have attributes of OpenInference."""
    spans = first_spans(first_object(record.value))
    return any(name.startswith(_OWN) for span in spans for name in attribute_names(span))
