"""LangSmith's runs: those of models are the dialogue, those around them tell it again.

    {"id": "r1", "trace_id": "t1", "parent_run_id": null, "run_type": "llm",
     "start_time": "2026-01-05T10:00:01", "inputs": {"messages": [[{"lc": 1, ...}]]},
     "outputs": {"generations": [[{"message": {"lc": 1, ...}}]]}}

Runs within a run stand under `child_runs`, or as records of their own with a `parent_run_id`.
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
from cueline.errors import Place

MODEL = "llm"
TYPES = names("llm chain tool retriever embedding prompt parser")
THREADS = ("thread_id", "session_id", "conversation_id")
"""Keys of a run's metadata that name its conversation, in the order in which they count."""


def recognises(record: Outline) -> bool:
    """Whether it is a run, with its type and its inputs."""
    return {"run_type", "inputs"} <= first_object(record.value).keys()


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """What a run and those within it hold; raises `CorpusError` at what LangSmith never writes."""
    for one, where in several(value, place):
        yield from _run(as_object(one, where, "a run"), where, None, account)


def _run(
    run: dict[str, Any], place: Place, outer: dict[str, Any] | None, account: Account
) -> Iterator[Piece]:
    type = name_in(run, "run_type")
    if type not in TYPES:
        unknown(place, "a run", run.get("run_type"))
    said = _exchange(run, place, account)
    outer = outer or {}
    id, parent = run.get("id"), run.get("parent_run_id") or outer.get("id")
    trace = run.get("trace_id") or outer.get("trace_id") or parent or id
    if trace is None:
        refuse(place, "a run without its `id`")
    yield Piece(
        events=said.events,
        place=place,
        offered=said.offered,
        thread=_thread(run),
        start=moment(run.get("start_time")),
        repeats=True,
        span=TraceSpan(
            trace=str(trace),
            id=None if id is None else str(id),
            parent=None if parent is None else str(parent),
            wraps=type != MODEL,
        ),
    )
    where = inner(place, "child_runs")
    for number, child in enumerate(as_list(run.get("child_runs") or [], where, "`child_runs`")):
        at = inner(where, number)
        within = as_object(child, at, "a run")
        yield from _run(within, at, {"id": id, "trace_id": trace}, account)


def _exchange(run: dict[str, Any], place: Place, account: Account) -> Exchange:
    given, said = json_value(run.get("inputs")), json_value(run.get("outputs"))
    here, there = inner(place, "inputs"), inner(place, "outputs")
    if run.get("run_type") != MODEL:
        if not is_exchange(given) or run.get("run_type") in ("tool", "retriever"):
            return Exchange([], [])
        if isinstance(said, dict) and isinstance(said.get("output"), dict | list):
            said = said["output"]
        said = said if is_exchange(said) else None
    events = [] if not given else request_events(given, here, account)
    return Exchange(
        events, response_events(said, there, account), _tools(run, given, place, account)
    )


def _tools(run: dict[str, Any], given: Any, place: Place, account: Account) -> ToolsOffered | None:
    extra = run.get("extra")
    parameters = extra.get("invocation_params") if isinstance(extra, dict) else None
    where = inner(inner(place, "extra"), "invocation_params")
    here = inner(place, "inputs")
    return request_tools(parameters, where, account) or request_tools(given, here, account)


def _thread(run: dict[str, Any]) -> str | None:
    extra = run.get("extra")
    metadata = extra.get("metadata") if isinstance(extra, dict) else run.get("metadata")
    if isinstance(metadata, dict):
        for key in THREADS:
            if metadata.get(key) not in (None, ""):
                return str(metadata[key])
    return None
