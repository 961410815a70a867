"""LlamaIndex's chat messages: `blocks`, and calls as blocks or in `additional_kwargs`.

    {"role": "user", "blocks": [{"block_type": "text", "text": "Where is my parcel?"}]}
    {"role": "assistant", "blocks": [], "additional_kwargs": {"tool_calls": [{"id": "c1",
      "type": "function", "function": {"name": "track", "arguments": "{}"}}]}}
    {"role": "tool", "blocks": [{"block_type": "text", "text": "sent"}],
     "additional_kwargs": {"tool_call_id": "c1", "name": "track"}}

Older versions have `content` for `blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import arguments
from cueline.corpus.transcripts.closed_world import as_list, as_object, inner, names, refuse
from cueline.corpus.transcripts.events import Call
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import ROLES, MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_MORE = ("tool_calls", "function_call", "tool_call_id", "name", "is_error")
"""What stands in `additional_kwargs` that others have beside the content."""


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    name = part.get("tool_name")
    if not isinstance(name, str) or not name:
        refuse(place, "a call without `tool_name`")
    yield Call(name, arguments(part.get("tool_kwargs")), part.get("tool_call_id"))


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message as others have it."""
    more = message.get("additional_kwargs") or {}
    more = as_object(more, inner(place, "additional_kwargs"), "`additional_kwargs`")
    found = {key: value for key, value in message.items() if key != "blocks"}
    found["role"] = str(message.get("role")).rpartition(".")[2].lower()
    found |= {key: more[key] for key in _MORE if more.get(key) is not None}
    if message.get("blocks") is not None:
        where = inner(place, "blocks")
        listed = as_list(message["blocks"], where, "`blocks`")
        blocks = [as_object(one, inner(where, n), "a block") for n, one in enumerate(listed)]
        found["content"] = [one | {"type": one.get("block_type")} for one in blocks]
        if found.get("tool_calls"):  # the same calls stand in both
            found["content"] = [one for one in found["content"] if one["type"] != "tool_call"]
    return found, place


READER = MessageReader(
    returns_parts=True,
    keys=frozenset({"role", "content", *_MORE}),
    ignored=frozenset({"class_name", "id", "timestamp", "additional_kwargs"}),
    reasoning=frozenset(),
    parts={"text": text_part, "tool_call": _call},
    ignored_parts=names("image audio video document thinking cache citable citation"),
    roles=ROLES | {"chatbot": "assistant", "model": "assistant"},
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has `blocks` with a `block_type`, or keeps its calls in `additional_kwargs`."""
    blocks = message.get("blocks")
    return "role" in message and (
        isinstance(message.get("additional_kwargs"), dict)
        or (
            isinstance(blocks, list)
            and all(isinstance(block, dict) and "block_type" in block for block in blocks)
        )
    )


def recognises(record: Outline) -> bool:
    """Whether a message has blocks as LlamaIndex has them, or it is a store of such dialogues."""
    value = record.value
    if isinstance(value, dict) and isinstance(_store(value), dict):
        return True
    if not record.message_keys & {"blocks", "additional_kwargs"}:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, the message that it is, or each dialogue of a store."""
    store = _store(value) if isinstance(value, dict) else None
    if store is None:
        yield from record_pieces(value, place, account, READER)
        return
    where = inner(place, "store")
    for name, messages in as_object(store, where, "`store`").items():
        listed = as_list(messages, inner(where, name), "a dialogue")
        yield from record_pieces({"id": name, "messages": listed}, place, account, READER)


def _store(value: dict[str, Any]) -> Any:
    """The dialogues of a store of chats by name, also where a memory holds it."""
    inside = value.get("chat_store")
    return (inside if isinstance(inside, dict) else value).get("store")
