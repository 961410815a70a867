"""Anthropic's Messages API, with `tool_use` and `tool_result`.

    {"messages": [{"role": "user", "content": "Where is my parcel?"},
                  {"role": "assistant", "content": [{"type": "text", "text": "Let me look."},
                   {"type": "tool_use", "id": "t1", "name": "track", "input": {"parcel": 7}}]},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                   "content": "sent"}]},
                  {"role": "assistant", "content": "It is on its way."}],
     "tools": [{"name": "track", "input_schema": {...}}]}

Each message of the assistant is a turn; a server's tool that answers within one ends a turn there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import inner, kind_of, names, refuse
from cueline.corpus.transcripts.events import Event, Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_RESULTS = (
    "tool_result",
    "mcp_tool_result",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
)
_IGNORED_PARTS = (
    "thinking",
    "redacted_thinking",
    "image",
    "document",
    "search_result",
    "container_upload",
    "tool_reference",
    "compaction",
)
_OWN = frozenset((*_CALLS, *_RESULTS, "redacted_thinking"))


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield call(part, place)


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    id, content = part.get("tool_use_id"), part.get("content")
    if not isinstance(id, str):
        refuse(inner(place, "tool_use_id"), f"the call of a result is {kind_of(id)}")
    texts = content if isinstance(content, list) else []
    words = [one.get("text") if isinstance(one, dict) else None for one in texts]
    failed = isinstance(content, dict) and str(content.get("type")).endswith("_error")
    if words and all(isinstance(word, str) for word in words):
        content = "\n".join(map(str, words))
    yield Result(content, id, failed=part.get("is_error") is True or failed)


READER = MessageReader(
    keys=frozenset(("role", "content")),
    ignored=names(
        "id type model stop_reason stop_sequence stop_details usage container"
        " context_management created_at timestamp uuid metadata"
    ),
    reasoning=frozenset(),
    parts={
        "text": text_part,
        **dict.fromkeys(_CALLS, _call),
        **dict.fromkeys(_RESULTS, _result),
    },
    ignored_parts=frozenset(_IGNORED_PARTS),
)


def recognises(record: Outline) -> bool:
    """Whether tools are used or answer in parts of messages, or a tool or an answer says so."""
    if record.types & _OWN or "signature" in record.part_keys:
        return "role" in record.message_keys
    if "message" in record.types and record.message_keys & {"stop_reason", "stop_sequence"}:
        return True
    tools = record.value.get("tools") if isinstance(record.value, dict) else None
    first = tools[0] if isinstance(tools, list) and tools else None
    return bool(record.roles) and isinstance(first, dict) and "input_schema" in first


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)


def recognises_message(message: Any) -> bool:
    """Whether a message has parts that only this dialect has."""
    content = message.get("content") if isinstance(message, dict) else None
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and _is_own(part) for part in parts)


def message_events(message: Any, place: Place, account: Account) -> Iterator[Event]:
    """What happens in a message."""
    return READER.events(message, place, account)


def _is_own(part: dict[str, Any]) -> bool:
    type = part.get("type")
    return "signature" in part or (isinstance(type, str) and type in _OWN)
