"""Items of OpenAI's Responses API.

    {"input": [{"role": "user", "content": "Where is my parcel?"},
               {"type": "function_call", "call_id": "c1", "name": "track", "arguments": "{}"},
               {"type": "function_call_output", "call_id": "c1", "output": "sent"}],
     "output": [{"type": "message", "role": "assistant",
                 "content": [{"type": "output_text", "text": "It is on its way."}]}],
     "tools": [{"type": "function", "name": "track"}]}

Calls and words of the system that follow one another, with nothing in between, are one turn. A
response that names the one before in `previous_response_id` goes on with its dialogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.response_items import ITEMS, item_events
from cueline.corpus.transcripts.closed_world import as_object, below, inner, refuse
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.holders import KEYS, held, is_empty, tools_of
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import LOG, Piece
from cueline.corpus.transcripts.records import check_record, loose, whole
from cueline.corpus.transcripts.tools import tools_offered
from cueline.errors import Place

_READ = KEYS | {"tools", "instructions", "previous_response_id"}
_OWN = (ITEMS.keys() - {"message", "reasoning"}) | {"input_text", "output_text"}


def recognises(record: Outline) -> bool:
    """Whether there are items such as `function_call` or `output_text`, or it is a response."""
    value = record.value
    if isinstance(value, dict) and (value.get("object") == "response" or _chained(value)):
        return True
    return bool(record.types & _OWN)


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the item that it is."""
    if isinstance(value, list):
        yield Piece(events=_events(value, place, account), place=place, repeats=True)
        return
    record = as_object(value, place, "a record")
    check_record(record, place)
    lists = [(below(place, path), items) for path, items in held(record)]
    if not lists and ("type" in record or "role" in record):
        yield loose(record, place, list(item_events(record, place, account)))
        return
    if not lists and not is_empty(record):
        refuse(place, "expected an object with `input`, `items` or `output`")
    events = [event for where, items in lists for event in _events(items, where, account)]
    tools = tools_of(record)
    offered = None if tools is None else tools_offered(tools[1], below(place, tools[0]), account)
    piece = whole(record, place, account, events, offered, _READ, repeats=True)
    after, name = _find(record, "previous_response_id"), _name(record)
    yield structs.replace(piece, name=name, after=after, repeats=after is None, looks_back=LOG)


def _events(items: list[Any], place: Place, account: Account) -> list[Event]:
    found: list[Event] = []
    for number, item in enumerate(items):
        found += item_events(item, inner(place, number), account)
    return found


def _chained(record: Mapping[str, Any]) -> bool:
    return _find(record, "previous_response_id") is not None


def _name(record: Mapping[str, Any]) -> str | None:
    """The id of the response that the record is or holds."""
    response = record.get("response")
    holder = response if isinstance(response, dict) else record
    id = holder.get("id")
    is_response = holder.get("object") == "response" or _chained(record) or "output" in holder
    return id if isinstance(id, str) and id and is_response else None


def _find(record: Mapping[str, Any], key: str) -> str | None:
    """A text of the record, or of its request or response."""
    for holder in (record, record.get("request"), record.get("response")):
        value = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(value, str) and value:
            return value
    return None
