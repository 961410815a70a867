"""Cohere's chat messages: those of OpenAI with a `tool_plan`, and results as documents.

{"role": "assistant", "tool_plan": "I will look it up.", "tool_calls": [{"id": "c1",
  "type": "function", "function": {"name": "track", "arguments": "{}"}}]}
{"role": "tool", "tool_call_id": "c1", "content": [
  {"type": "document", "document": {"data": "{\\"status\\": \\"sent\\"}"}}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER as OPENAI
from cueline.corpus.transcripts.closed_world import as_object, inner, unknown
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_DOCUMENT = "document"


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message; a result that is documents is what these hold."""
    content = message.get("content")
    if message.get("role") != "tool" or not isinstance(content, list):
        return message, place
    found = [_data(one, inner(inner(place, "content"), n)) for n, one in enumerate(content)]
    return message | {"content": found[0] if len(found) == 1 else found}, place


def _data(part: Any, place: Place) -> Any:
    """What a part of a result holds: the data of a document, or the text."""
    value = as_object(part, place, "a part of content")
    if value.get("type") == "text":
        return value.get("text")
    if value.get("type") != _DOCUMENT:
        unknown(place, "a part of content", value.get("type"))
    return as_object(value.get(_DOCUMENT), inner(place, _DOCUMENT), "a document").get("data")


READER = structs.replace(
    OPENAI,
    ignored=OPENAI.ignored | {"citations"},
    reasoning=OPENAI.reasoning | {"tool_plan"},
    ignored_parts=OPENAI.ignored_parts | {"thinking", _DOCUMENT},
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has a `tool_plan`, citations of Cohere, or a document as a result."""
    content = message.get("content")
    parts = objects(content) if message.get("role") == "tool" and isinstance(content, list) else ()
    own = {"tool_plan", "citations"} & message.keys()
    return bool(own) or any(part.get("type") == _DOCUMENT for part in parts)


def recognises(record: Outline) -> bool:
    """Whether a message is Cohere's and no other's."""
    own = record.message_keys & {"tool_plan", "citations"}
    if not own and _DOCUMENT not in record.types:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record holds, or the message that it is."""
    return record_pieces(value, place, account, READER)
