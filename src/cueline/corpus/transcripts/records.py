"""What is around the messages of a record: which dialogue it belongs to, and what else is known."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import inner, refuse
from cueline.corpus.transcripts.events import Event, ToolsOffered
from cueline.corpus.transcripts.holders import further_lists, in_chunks, unasked
from cueline.corpus.transcripts.pieces import LOG, Piece
from cueline.errors import Place

THREAD_KEYS = (
    "conversation_id",
    "conversationId",
    "session_id",
    "sessionId",
    "thread_id",
    "threadId",
    "chat_id",
    "chatId",
)
"""The keys that name the dialogue which a record is a part of."""
NO_REQUEST = (
    "output of a batch, which is answers without their requests; join each to its request by"
    ' `custom_id` and write {"request": ..., "response": ...}'
)
SECOND = "a second list of messages, `{}`; it is not known which is the dialogue: remove one"
UNASKED = (
    "an answer without what it answers; write both, as `prompt` and `completion`, or as"
    ' {"request": ..., "response": ...}'
)
_THREADS = frozenset(THREAD_KEYS)
_LOGS = frozenset(("request", "request_body", "response", "response_body"))
_SAYS = frozenset(("role", "from", "content", "parts"))


def whole(
    record: Mapping[str, Any],
    place: Place,
    account: Account,
    events: list[Event],
    offered: ToolsOffered | None = None,
    read: AbstractSet[str] = frozenset(),
    repeats: bool | None = None,
) -> Piece:
    """The piece that a record with a whole dialogue is.

    `read` are its keys that the dialect reads or knowingly leaves. Of the others single values are
    kept in `meta`, an object or a list is counted, and one that holds messages is refused. Whether
    the dialogue may be repeated by a later record shows in its keys, unless `repeats` says it.
    """
    meta: dict[str, Any] = {}
    for key, value in record.items():
        if key in read or value is None:
            continue
        if isinstance(value, str | int | float):
            meta[key] = value
        elif _holds_messages(value):
            refuse(inner(place, key), SECOND.format(key))
        elif value:
            account.ignore(f"key `{key}`", place)
    id = meta.pop("id", None)
    thread = thread_of(record)
    is_log = bool(_LOGS & record.keys())
    return Piece(
        events=events,
        place=place,
        offered=offered,
        thread=thread,
        repeats=is_log or thread is not None or id is None if repeats is None else repeats,
        looks_back=LOG if is_log else 1,
        id=None if thread is not None or id in (None, "") else str(id),
        meta=meta,
    )


def loose(
    record: Mapping[str, Any], place: Place, events: list[Event], start: float | None = None
) -> Piece:
    """The piece that a single message is: of the dialogue that it names, else of the file's."""
    return Piece(events=events, place=place, thread=thread_of(record) or FILE, start=start)


def check_record(record: Mapping[str, Any], place: Place) -> None:
    """Refuse a record that holds half of an exchange, or more than one dialogue."""
    answered = record.keys() & {"response", "result", "error"}
    if {"custom_id", "key"} & record.keys() and answered and "request" not in record:
        refuse(place, NO_REQUEST)
    for key in further_lists(record):
        refuse(inner(place, key), SECOND.format(key))
    if (chunked := in_chunks(record)) is not None:
        what = "an answer in the chunks of a stream; write it as one message"
        refuse(inner(place, chunked), what)
    if (answer := unasked(record)) is not None:
        refuse(inner(place, answer), UNASKED)


def thread_of(record: Mapping[str, Any]) -> str | None:
    """The name of the dialogue that a record is a part of, if it says so."""
    for holder in (record, record.get("metadata")):
        if isinstance(holder, Mapping) and not _THREADS.isdisjoint(holder):
            for key in THREAD_KEYS:
                value = holder.get(key)
                if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                    return str(value)
    return None


def _holds_messages(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and len(_SAYS & first.keys()) > 1


FILE = ""
"""The dialogue of a file that is a list of messages."""
