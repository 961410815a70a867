"""Langfuse's exports: traces with their observations, or observations alone.

    {"id": "t1", "sessionId": "s", "observations": [
      {"id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-01-05T10:00:01.000Z",
       "input": [{"role": "user", "content": "Where is my parcel?"}],
       "output": {"role": "assistant", "content": "On its way."}}]}

Generations are the dialogue; the traces, spans and agents around them repeat it, and count only
where there is no generation. Keys are in camelCase, or in snake_case as scheduled exports have
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.any_request import (
    is_exchange,
    request_events,
    request_tools,
    response_events,
)
from cueline.corpus.formats.traces.conventions import Exchange
from cueline.corpus.formats.traces.protocol import json_value
from cueline.corpus.transcripts.closed_world import (
    as_id,
    as_list,
    as_object,
    inner,
    name_in,
    names,
    refuse,
    several,
    unknown,
)
from cueline.corpus.transcripts.events import ToolsOffered
from cueline.corpus.transcripts.outline import Outline, first_object
from cueline.corpus.transcripts.pieces import Piece, TraceSpan, moment
from cueline.corpus.transcripts.tools import tools_offered
from cueline.errors import Place

NAMED = "observation of which only the name is there"
MODEL = "GENERATION"
TYPES = names("GENERATION SPAN EVENT AGENT TOOL CHAIN RETRIEVER EVALUATOR EMBEDDING GUARDRAIL")


def recognises(record: Outline) -> bool:
    """Whether it is a trace with observations, an observation, or a page of these."""
    value = first_object(record.value)
    return _is_trace(value) or _is_observation(value) or _page(value) is not None


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """What traces and observations tell; raises `CorpusError` at what Langfuse does not write."""
    if isinstance(value, list):
        for one, where in several(value, place):
            yield from pieces(one, where, account)
        return
    record = as_object(value, place, "a trace")
    if (key := _page(record)) is not None:
        where = inner(place, key)
        for number, one in enumerate(as_list(record[key], where, f"`{key}`")):
            yield from pieces(one, inner(where, number), account)
    elif _is_observation(record):
        yield _observation(record, place, None, account)
    elif isinstance(record.get("trace"), dict):
        whole = record["trace"] | {"observations": record.get("observations")}
        yield from _trace(whole, place, account)
    else:
        yield from _trace(record, place, account)


def _is_trace(value: dict[str, Any]) -> bool:
    listed = value.get("observations")
    if not isinstance(listed, list):
        return False
    named = "timestamp" in value and all(isinstance(one, str) for one in listed)
    return named or all(isinstance(one, dict) and "type" in one for one in listed)


def _is_observation(value: dict[str, Any]) -> bool:
    return name_in(value, "type") in TYPES and _get(value, "traceId") is not None


def _page(value: dict[str, Any]) -> str | None:
    """The key under which a page, or a session, holds traces or observations."""
    for key in ("data", "traces"):
        listed = value.get(key)
        if isinstance(listed, list) and any(
            isinstance(one, dict) and (_is_trace(one) or _is_observation(one)) for one in listed
        ):
            return key
    return None


def _trace(trace: dict[str, Any], place: Place, account: Account) -> Iterator[Piece]:
    id = trace.get("id")
    if not isinstance(id, str) or not id:
        refuse(place, "a trace without its `id`")
    session = as_id(_get(trace, "sessionId"), inner(place, "sessionId"), "`sessionId`")
    said = _wrapper(trace, place, account)
    yield Piece(
        events=said.events,
        place=place,
        thread=session,
        start=moment(trace.get("timestamp")),
        repeats=True,
        span=TraceSpan(trace=id, id=id, wraps=True),
    )
    where = inner(place, "observations")
    listed = as_list(trace.get("observations") or [], where, "`observations`")
    for number, one in enumerate(listed):
        at = inner(where, number)
        if isinstance(one, str):
            account.ignore(NAMED, at)
            continue
        yield _observation(as_object(one, at, "an observation"), at, id, account)


def _observation(value: dict[str, Any], place: Place, trace: str | None, account: Account) -> Piece:
    type = name_in(value, "type")
    if type not in TYPES:
        unknown(place, "an observation", value.get("type"))
    said = _model(value, place, account) if type == MODEL else _wrapper(value, place, account)
    trace = _get(value, "traceId") or trace
    if not isinstance(trace, str) or not trace:
        refuse(place, "an observation without its `traceId`")
    name, around = value.get("name"), _get(value, "parentObservationId")
    return Piece(
        events=said.events,
        place=place,
        offered=said.offered,
        thread=as_id(_get(value, "sessionId"), inner(place, "sessionId"), "`sessionId`"),
        start=moment(_get(value, "startTime")),
        repeats=True,
        span=TraceSpan(
            trace=trace,
            id=as_id(value.get("id"), inner(place, "id"), "`id`"),
            parent=as_id(around, inner(place, "parentObservationId"), "the parent") or trace,
            agent=name if type == "AGENT" and isinstance(name, str) else None,
            wraps=type != MODEL,
        ),
    )


def _model(value: dict[str, Any], place: Place, account: Account) -> Exchange:
    given = json_value(value.get("input"))
    where = inner(place, "input")
    tools = request_tools(given, where, account)
    given, listed = _without_tools(given, where, account)
    return Exchange(
        [] if given is None else request_events(given, where, account),
        response_events(json_value(value.get("output")), inner(place, "output"), account),
        tools or listed,
    )


def _wrapper(value: dict[str, Any], place: Place, account: Account) -> Exchange:
    """What a trace or a span holds, if it is messages; a tool's input and output are none."""
    given, said = json_value(value.get("input")), json_value(value.get("output"))
    words = "observations" in value and isinstance(given, str) and isinstance(said, str)
    if not (is_exchange(given) or words) or value.get("type") == "TOOL":
        return Exchange([], [])
    if not (words or is_exchange(said) or isinstance(said, str)):
        said = None
    return Exchange(
        request_events(given, inner(place, "input"), account),
        response_events(said, inner(place, "output"), account),
        request_tools(given, inner(place, "input"), account),
    )


def _without_tools(given: Any, place: Place, account: Account) -> tuple[Any, ToolsOffered | None]:
    """The messages without the definitions of tools that stand among them, and these."""
    messages = given.get("messages") if isinstance(given, dict) else given
    if not isinstance(messages, list):
        return given, None
    tools = [one["content"] for one in messages if _is_definition(one)]
    if not tools:
        return given, None
    return [one for one in messages if not _is_definition(one)], tools_offered(
        tools, place, account
    )


def _is_definition(message: Any) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, dict) and content.get("type") == "function" and "function" in content


def _get(value: dict[str, Any], key: str) -> Any:
    """The value of a key in camelCase or in snake_case."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    return value.get(key) or value.get(snake)
