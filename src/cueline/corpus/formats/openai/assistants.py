"""Threads of OpenAI's Assistants API, as it lists their messages and the steps of runs.

    {"object": "list", "data": [
      {"object": "thread.message", "created_at": 2, "thread_id": "t1", "role": "assistant",
       "content": [{"type": "text", "text": {"value": "It is on its way.", "annotations": []}}]},
      {"object": "thread.message", "created_at": 1, "thread_id": "t1", "role": "user", ...}]}

The API lists what is newest first; messages and steps come in order of `created_at`. A line may
also be one message or one step. Messages of the assistant are turns, and so are steps with calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    as_text,
    inner,
    kind_of,
    names,
    refuse,
    unknown,
)
from cueline.corpus.transcripts.events import STEP_ENDED, Call, Event, Result
from cueline.corpus.transcripts.messages import MessageReader, Part
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece, moment
from cueline.corpus.transcripts.records import FILE
from cueline.errors import Place

_OBJECTS = ("thread.message", "thread.run.step")
_RESULTS = ("output", "outputs", "results")


def _text(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    text = part.get("text")
    value = text.get("value") if isinstance(text, dict) else text
    yield as_text(value, inner(place, "text"), "the text of a part")


def _refusal(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield as_text(part.get("refusal"), inner(place, "refusal"), "a refusal")


READER = MessageReader(
    keys=names("role content"),
    ignored=names(
        "id object created_at completed_at incomplete_at incomplete_details status thread_id run_id"
        " assistant_id attachments metadata file_ids"
    ),
    reasoning=frozenset(),
    parts={"text": _text, "refusal": _refusal},
    ignored_parts=names("image_file image_url"),
)


def recognises(record: Outline) -> bool:
    """Whether it is a message of a thread, a step of a run, or a list of them."""
    value = record.value if isinstance(record.value, dict) else {}
    data = value.get("data")
    first = data[0] if isinstance(data, list) and data else value
    return isinstance(first, dict) and first.get("object") in _OBJECTS


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """What each message or step tells, the oldest first."""
    record = as_object(value, place, "a record")
    if record.get("object") in _OBJECTS:
        yield _piece(record, place, account)
        return
    data = inner(place, "data")
    found = [
        _piece(as_object(one, inner(data, number), "a message"), inner(data, number), account)
        for number, one in enumerate(as_list(record.get("data"), data, "`data`"))
    ]
    starts = [piece.start for piece in found if piece.start is not None]
    newest_first = starts != sorted(starts) or (
        record.get("has_more") is not None and len({*starts}) < 2
    )
    yield from reversed(found) if newest_first else found


def _piece(record: dict[str, Any], place: Place, account: Account) -> Piece:
    if record.get("object") == "thread.run.step":
        events = list(_step(record, place, account))
    elif record.get("object") == "thread.message":
        events = list(READER.events(record, place, account))
    else:
        unknown(place, "an object of a thread", record.get("object"))
    thread = record.get("thread_id")
    name = str(thread) if isinstance(thread, str | int) and thread else FILE
    return Piece(events=events, place=place, thread=name, start=moment(record.get("created_at")))


def _step(record: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """The calls of a step and their results; the message that a step made stands by itself."""
    where = inner(place, "step_details")
    details = as_object(record.get("step_details"), where, "what a step did")
    if details.get("type") == "message_creation":
        account.ignore("step that made a message", place)
        return
    if details.get("type") != "tool_calls":
        unknown(where, "a step", details.get("type"))
    made = as_list(details.get("tool_calls"), inner(where, "tool_calls"), "the calls of a step")
    results: list[Result] = []
    for number, one in enumerate(made):
        at = inner(inner(where, "tool_calls"), number)
        found, holder = _call(as_object(one, at, "a call"), at)
        yield found
        output = next((holder[key] for key in _RESULTS if holder.get(key) is not None), None)
        results += [] if output is None else [Result(output, found.id)]
    yield from results
    yield STEP_ENDED


def _call(value: dict[str, Any], place: Place) -> tuple[Call, dict[str, Any]]:
    """A call, and what holds its output."""
    type = value.get("type")
    if type == "function":
        return call(value, place), as_object(value.get("function"), place, "a function")
    holder = value.get(type) if isinstance(type, str) else None
    if type not in ("code_interpreter", "file_search", "retrieval") or not isinstance(holder, dict):
        refuse(place, f"a call of the unknown type {type!r}, which is {kind_of(holder)}")
    return Call(type, holder.get("input"), str(value.get("id"))), holder
