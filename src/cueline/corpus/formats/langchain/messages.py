"""LangChain's messages: flat with a `type`, with a `role`, in `data`, or as `dumps` writes them.

{"type": "ai", "content": "", "tool_calls": [{"name": "track", "args": {}, "id": "c1"}]}
{"role": "assistant", "content": "", "tool_calls": [{"name": "track", "args": {}, "id": "c1"}]}
{"type": "ai", "data": {"content": "", "tool_calls": [...]}}
{"lc": 1, "type": "constructor", "id": [..., "AIMessage"], "kwargs": {"content": "", ...}}
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    check_keys,
    inner,
    names,
    unknown,
)
from cueline.corpus.transcripts.events import Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

ROLES = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "system": "system",
    "developer": "system",
}
"""What `type`, `role` or the class of a message says about who speaks."""
CALL_PARTS = ("tool_use", "tool_call", "function_call")
"""Parts of the content that are calls; where calls are listed beside it, they say these again."""
_WRAPPED = names("lc type id kwargs name graph")
_STATES = ("values", "channel_values")
"""Keys under which the state of a graph of LangGraph holds its values."""
_CHAT = ("chat", "ChatMessage", "ChatMessageChunk")
_LISTED = ("tool_calls", "invalid_tool_calls", "function_call")


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield call(part | {"id": part.get("call_id") or part.get("id")}, place)


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    id = part.get("tool_call_id") or part.get("tool_use_id")
    content = part.get("output", part.get("content"))
    yield Result(content, id, None, part.get("status") == "error")


def _refusal(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield str(part.get("refusal") or "")


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message as others have it, and where its keys stand."""
    opened, where, name = _opened(message, place, account)
    role = _role(opened.get("role") if name in _CHAT else name)
    if role not in ROLES:
        unknown(place, "a message", name)
    found = {key: value for key, value in opened.items() if key not in ("type", *_LISTED)}
    found |= {"role": role, "is_error": opened.get("status") == "error"}
    listed = _listed(opened, where)
    if listed:
        found |= listed
        found["content"] = _without_calls(opened.get("content"))
    return found, where


def _opened(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place, Any]:
    """The keys of the message itself, where they stand, and what it is called."""
    if "lc" in message and "kwargs" in message:
        check_keys(message, place, account, _WRAPPED)
        where = inner(place, "kwargs")
        opened = as_object(message["kwargs"], where, "a message's `kwargs`")
        path = message.get("id")
        name = path[-1] if isinstance(path, list) and path else opened.get("type")
        return opened, where, name
    if isinstance(message.get("data"), dict):
        check_keys(message, place, account, frozenset({"type", "data"}))
        return message["data"], inner(place, "data"), message.get("type")
    return message, place, message.get("type", message.get("role"))


def _role(name: Any) -> str:
    """`AIMessageChunk` is `ai`."""
    return str(name).removesuffix("Chunk").removesuffix("Message").lower()


def _listed(message: dict[str, Any], place: Place) -> dict[str, Any]:
    """The calls of a message, also those that could not be parsed, under the keys of OpenAI."""
    more = message.get("additional_kwargs")
    more = more if isinstance(more, dict) else {}
    calls: list[Any] = []
    for key in ("tool_calls", "invalid_tool_calls"):
        calls += as_list(message.get(key) or [], inner(place, key), f"`{key}`")
    calls = calls or as_list(more.get("tool_calls") or [], place, "`tool_calls`")
    if calls:
        return {"tool_calls": calls}
    legacy = message.get("function_call") or more.get("function_call")
    return {"function_call": legacy} if legacy else {}


def _without_calls(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [c for c in content if not (isinstance(c, dict) and c.get("type") in CALL_PARTS)]


READER = MessageReader(
    keys=names("role content tool_calls function_call tool_call_id name is_error"),
    ignored=names(
        "id example response_metadata usage_metadata additional_kwargs artifact"
        " tool_call_chunks chunk_position lc_kwargs lc_namespace lc_serializable timestamp"
        " created_at metadata status"
    ),
    reasoning=frozenset({"reasoning_content"}),
    parts={
        "text": text_part,
        "output_text": text_part,
        "refusal": _refusal,
        **dict.fromkeys((*CALL_PARTS, "server_tool_use", "server_tool_call"), _call),
        **dict.fromkeys(("server_tool_result", "web_search_tool_result"), _result),
        **dict.fromkeys(("web_fetch_tool_result", "code_execution_tool_result"), _result),
    },
    ignored_parts=names(
        "image image_url video video_url audio audio_url input_audio media file document text-"
        " plain reasoning reasoning_content thinking redacted_thinking non_standard"
        " non_standard_annotation input_json_delta tool_call_chunk server_tool_call_chunk"
        " guard_content cachePoint"
    ),
    roles=ROLES,
    marks=frozenset({"type", "lc"}),
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it is one of LangChain's forms; a `role` alone is anybody's."""
    if "lc" in message and "kwargs" in message:
        return True
    type = message.get("type")
    if isinstance(type, str) and ("content" in message or "data" in message):
        return _role(type) in ROLES or type in _CHAT
    calls = message.get("tool_calls")
    first = calls[0] if isinstance(calls, list) and calls else None
    return isinstance(first, dict) and "args" in first and "function" not in first


def recognises(record: Outline) -> bool:
    """Whether a message is in one of LangChain's forms, or it is the state of a graph."""
    state, _ = _state(record.value, Place(""))
    if state:
        return any(map(recognises_message, objects(state["messages"])))
    if record.message_keys & {"type", "lc"}:
        return any(map(recognises_message, objects(record.messages)))
    calling = (one for one in objects(record.messages) if one.get("tool_calls"))
    return "tool_calls" in record.message_keys and any(
        recognises_message(one) for one in islice(calling, 1)
    )


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record or the state of a graph holds, or the message that it is."""
    state, where = _state(value, place)
    return record_pieces(state or value, where, account, READER)


def _state(value: Any, place: Place) -> tuple[dict[str, Any] | None, Place]:
    """The values of a graph's state that hold messages, and where they stand."""
    for key in _STATES:
        inside = value.get(key) if isinstance(value, dict) else None
        if isinstance(inside, dict) and isinstance(inside.get("messages"), list):
            return inside, inner(place, key)
    return None, place
