"""Ollama's chat messages: those of OpenAI, but arguments are objects and results name their tool.

{"role": "assistant", "content": "", "tool_calls": [
  {"function": {"name": "track", "arguments": {"parcel": 7}}}]}
{"role": "tool", "tool_name": "track", "content": "sent"}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER as OPENAI
from cueline.corpus.transcripts.closed_world import names, refuse
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

ALONE = (
    "an answer, or a part of one, without its request; write both:"
    ' {"request": {"messages": [...]}, "response": {"message": {...}}}'
)
_OWN = names("tool_name images thinking")


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message with the name of its tool where others have it."""
    found = {key: value for key, value in message.items() if key != "tool_name"}
    return found | ({"name": message["tool_name"]} if message.get("tool_name") else {}), place


READER = structs.replace(
    OPENAI,
    ignored=OPENAI.ignored | {"images"},
    reasoning=OPENAI.reasoning | {"thinking"},
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has a key that only Ollama has."""
    return "role" in message and bool(_OWN & message.keys())


def recognises(record: Outline) -> bool:
    """Whether a message is Ollama's and no other's, or the record is one of its answers."""
    is_answer = {"done", "message"} <= record.keys
    if is_answer or not _OWN & record.message_keys:
        return is_answer
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record holds, or the message that it is; an answer alone is refused."""
    if isinstance(value, dict) and "done" in value and "messages" not in value:
        refuse(place, ALONE)
    return record_pieces(value, place, account, READER)
