"""OpenTelemetry's spans and logs of generative AI.

    {"name": "chat", "traceId": "7f", "spanId": "01", "startTimeUnixNano": "1000", "attributes": {
     "gen_ai.conversation.id": "c1",
     "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
     "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", ...}]}],
     "gen_ai.tool.definitions": [{"type": "function", "name": "track"}]}}

A record is a span, a record of a log, or a whole export with `resourceSpans` or `resourceLogs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.formats.traces.conventions import (
    DETAILS,
    PREFIXES,
    event_messages,
    event_name,
    exchange,
)
from cueline.corpus.formats.traces.protocol import Record, is_shell, plain, record, records
from cueline.corpus.transcripts.closed_world import as_list, inner, names, refuse
from cueline.corpus.transcripts.events import TurnUsage
from cueline.corpus.transcripts.outline import Outline, first_object
from cueline.corpus.transcripts.pieces import Piece, TraceSpan, moment
from cueline.corpus.transcripts.usage import between, counted, in_seconds, with_usage
from cueline.errors import Place

CONVERSATIONS = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.chat_id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.threadId",
    "ai.telemetry.metadata.chatId",
)
"""Attributes that name a conversation, in the order in which they count."""
_TRACES = ("traceId", "trace_id", "context.trace_id", "traceID")
_STARTS = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timestamp")
_ENDS = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
_INPUT = (
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    *("ai.usage.inputTokens", "ai.usage.promptTokens"),
)
_OUTPUT = (
    *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    *("llm.token_count.completion", "ai.usage.outputTokens", "ai.usage.completionTokens"),
)
"""Attributes with the tokens of a call of a model."""
_PARENTS = ("parentSpanId", "parent_span_id", "parent_id", "parentId", "parent.span_id")
_KINDS = ("openinference.span.kind", "traceloop.span.kind", "langfuse.observation.type")
_MODEL_KINDS = frozenset({"llm", "generation", "chat", "completion", "rerank", "embedding"})
_MODEL_OPERATIONS = names("chat text_completion generate_content completion message")
_AGENTS = ("gen_ai.agent.name", "gen_ai.agent.id", "agent.name", "graph.node.id")


def recognises(found: Outline) -> bool:
    """Whether it is an export of the protocol, or a span with attributes of generative AI."""
    value = first_object(found.value)
    return is_shell(value) or any(key.startswith(PREFIXES) for key in attribute_names(value))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """What each span and each record of a log tells; raises `CorpusError` at what none of the
    conventions has."""
    spans, logs = records(value, place)
    for span in spans:
        yield from _span(span, account)
    for log in logs:
        yield from _log(log, account)


def _span(span: Record, account: Account) -> Iterator[Piece]:
    where = inner(span.place, "events")
    listed = as_list(span.first("events") or [], where, "`events`")
    events = [record(one, inner(where, number)) for number, one in enumerate(listed)]
    said = exchange(span, events, account)
    wraps = _wraps(span)
    if not said.events:
        account.ignore("span without messages", span.place)
        if not any(name.startswith(PREFIXES) for name in span.attributes):
            return
    yield Piece(
        events=said.events if wraps else with_usage(said.events, _usage(span)),
        place=span.place,
        offered=said.offered,
        thread=_conversation(span),
        start=moment(span.first(*_STARTS)),
        repeats=True,
        span=TraceSpan(
            trace=_trace(span),
            id=_text(span.first("spanId", "span_id", "context.span_id", "id")),
            parent=_text(span.first(*_PARENTS)),
            agent=_agent(span),
            wraps=wraps,
        ),
    )


def _usage(span: Record) -> TurnUsage | None:
    """The tokens that a call of a model took, and how long it lasted."""
    found = counted(span.attributes, _INPUT, _OUTPUT) or TurnUsage()
    took = between(in_seconds(span.first(*_STARTS)), in_seconds(span.first(*_ENDS)))
    found = found if took is None else structs.replace(found, seconds=took.seconds)
    return None if found == TurnUsage() else found


def _log(log: Record, account: Account) -> Iterator[Piece]:
    """What a record of a log tells: one message of a span, or all that its model was asked."""
    partial = event_name(log) != DETAILS
    said = exchange(log, [], account) if not partial else None
    start = moment(log.first("timeUnixNano", "time_unix_nano", "timestamp", "observedTimeUnixNano"))
    yield Piece(
        events=said.events if said else event_messages(log, account),
        place=log.place,
        offered=said.offered if said else None,
        thread=_conversation(log),
        start=start,
        repeats=True,
        span=TraceSpan(
            trace=_trace(log),
            id=_text(log.first("spanId", "span_id", "context.span_id")),
            partial=partial,
        ),
    )


def attribute_names(value: dict[str, Any]) -> Iterator[str]:
    """The names of a span's attributes, and that of its event, in whatever notation; it never
    raises."""
    given = value.get("attributes", value.get("span_attributes"))
    if isinstance(given, dict):
        yield from given
        yield str(given.get("event.name"))
        yield from (f"{key}." for key, one in given.items() if isinstance(one, dict))
    elif isinstance(given, list):
        for one in given:
            if isinstance(one, dict):
                yield str(one.get("key"))
                yield str(plain(one.get("value"))) if one.get("key") == "event.name" else ""
    yield from (key.removeprefix("attributes.") for key in value if key.startswith("attributes."))
    for key in ("name", "eventName", "event_name"):
        if isinstance(value.get(key), str) and ("traceId" in value or "trace_id" in value):
            yield value[key]


def _conversation(span: Record) -> str | None:
    for key in CONVERSATIONS:
        if span.attributes.get(key) not in (None, ""):
            return str(span.attributes[key])
    return None


def _trace(span: Record) -> str:
    trace = span.first(*_TRACES) or _conversation(span)
    if trace is None:
        refuse(span.place, f"a span without `{CONVERSATIONS[0]}` and `traceId`")
    return str(trace)


def _text(value: Any) -> str | None:
    return None if value in (None, "", 0) else str(value)


def _kind(span: Record) -> str:
    for key in _KINDS:
        if isinstance(span.attributes.get(key), str):
            return str(span.attributes[key]).lower()
    kind = span.value.get("span_kind")
    return kind.lower() if isinstance(kind, str) else ""


def _wraps(span: Record) -> bool:
    """Whether it is the span of an agent, of a chain or of a tool, not of a model's call."""
    operation = span.attributes.get("gen_ai.operation.name")
    if isinstance(operation, str):
        return operation not in _MODEL_OPERATIONS
    kind = _kind(span)
    return bool(kind) and kind not in _MODEL_KINDS


def _agent(span: Record) -> str | None:
    for key in _AGENTS:
        if span.attributes.get(key) not in (None, ""):
            return str(span.attributes[key])
    return None
