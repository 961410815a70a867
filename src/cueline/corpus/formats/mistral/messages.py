"""Mistral's chat messages: those of OpenAI with thoughts among the parts, and a `prefix`.

{"role": "assistant", "prefix": false, "content": [
  {"type": "thinking", "thinking": [{"type": "text", "text": "none left"}]},
  {"type": "text", "text": "We have none."}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER as OPENAI
from cueline.corpus.transcripts.closed_world import name_in, names
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_PARTS = names("thinking reference document_url tool_reference")
READER = structs.replace(
    OPENAI,
    ignored=OPENAI.ignored | {"prefix"},
    ignored_parts=OPENAI.ignored_parts | _PARTS,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has a `prefix`, or a part that only Mistral has."""
    if "role" not in message:
        return False
    content = message.get("content")
    parts = objects(content) if isinstance(content, list) else iter(())
    return "prefix" in message or any(
        name_in(part, "type") in _PARTS and "signature" not in part for part in parts
    )


def recognises(record: Outline) -> bool:
    """Whether a message is Mistral's and no other's."""
    if "prefix" not in record.message_keys and not record.types & _PARTS:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record holds, or the message that it is."""
    return record_pieces(value, place, account, READER)
