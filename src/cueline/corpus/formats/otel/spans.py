"""Spans of generative AI as they stand in a file, as far as Cueline reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.decoding import convert
from cueline.corpus.formats.otel.old_messages import Message
from cueline.corpus.formats.otel.old_transcripts import as_text, call
from cueline.errors import Place, corpus_error

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
_TALK = "gen_ai.conversation.id"
_TOOLS = "gen_ai.tool.definitions"


class Part(Struct):
    """A part of a message: text, a call, its result, or something else."""

    type: str
    content: Any = None
    name: Annotated[str, Meta(min_length=1)] | None = None
    id: str | None = None
    arguments: Any = None
    response: Any = None


class Said(Struct):
    """A message; some give its words as `content` instead of parts."""

    role: str
    parts: list[Part] = []
    content: str | None = None


class Span(NamedTuple):
    """What a span of a model's call tells of a dialogue."""

    talk: str
    input: list[Said]
    output: list[Said]
    tools: list[Any] | None


def spans(value: Any, place: Place) -> Iterator[Span]:
    """The spans in a line that tell what was said; others are passed over."""
    for span in _inner(value, place):
        attributes = _attributes(span.get("attributes"))
        if INPUT in attributes or OUTPUT in attributes:
            trace = span.get("traceId") or span.get("trace_id") or _context(span)
            talk = attributes.get(_TALK) or trace
            if not isinstance(talk, str) or not talk:
                raise corpus_error(place, f"a span without `{_TALK}` and `traceId`")
            asked, answered = (_said(attributes, key, place) for key in (INPUT, OUTPUT))
            tools = _decoded(attributes.get(_TOOLS))
            yield Span(talk, asked, answered, tools if isinstance(tools, list) else None)


def messages(said: Said) -> Iterator[Message]:
    """A message of ours for each result in it, and one for the words and calls."""
    for part in said.parts:
        if part.type == "tool_call_response":
            result = part.response if part.response is not None else part.content
            text = "" if result is None else as_text(result)
            yield Message("tool", content=text, tool_call_id=part.id)
    texts = [part.content for part in said.parts if part.type == "text"]
    words = [text for text in (said.content, *texts) if isinstance(text, str) and text]
    called = [part for part in said.parts if part.type == "tool_call"]
    calls = [call(part.name, part.arguments, part.id) for part in called if part.name]
    if said.role in ("assistant", "model"):
        yield Message("assistant", content="\n".join(words), tool_calls=calls)
    elif said.role == "user" and words:
        yield Message("user", content="\n".join(words))


def _inner(value: Any, place: Place) -> Iterator[dict[str, Any]]:
    """The spans in an export of the protocol, or the one span that `value` is."""
    if not isinstance(value, dict):
        raise corpus_error(place, "expected a span, or an export with `resourceSpans`")
    if "resourceSpans" not in value:
        yield value
        return
    for resource in _dicts(value["resourceSpans"]):
        for scope in _dicts(resource.get("scopeSpans")):
            yield from _dicts(scope.get("spans"))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _context(span: dict[str, Any]) -> Any:
    context = span.get("context")
    return context.get("trace_id") if isinstance(context, dict) else None


def _attributes(value: Any) -> dict[str, Any]:
    """Attributes by name, from either notation."""
    if isinstance(value, dict):
        return value
    return {str(item.get("key")): _plain(item.get("value")) for item in _dicts(value)}


def _plain(value: Any) -> Any:
    """A value of the protocol, `{"stringValue": "x"}`, as what it stands for."""
    match value:
        case {"arrayValue": {"values": list(values)}}:
            return [_plain(item) for item in values]
        case {"kvlistValue": {"values": list(values)}}:
            return _attributes(values)
        case dict() if len(value) == 1:
            return next(iter(value.values()))
    return value


def _said(attributes: dict[str, Any], key: str, place: Place) -> list[Said]:
    value = _decoded(attributes.get(key)) or []
    return convert(value, list[Said], Place(place.file, place.line, f"{place.path or '$'}.{key}"))


def _decoded(value: Any) -> Any:
    """An attribute that is JSON in a string, decoded."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value
