"""Claude's export: conversations with `chat_messages`, each of a `sender`.

    [{"uuid": "k", "name": "t", "chat_messages": [
       {"uuid": "m1", "sender": "human", "text": "Where is my parcel?",
        "content": [{"type": "text", "text": "Where is my parcel?"}]},
       {"uuid": "m2", "sender": "assistant", "text": "On its way.", "content": [
         {"type": "tool_use", "name": "track", "input": {}},
         {"type": "tool_result", "name": "track", "content": [{"type": "text", "text": "sent"}]},
         {"type": "text", "text": "On its way."}]}]}]

Where messages name their parents, the branch that the current or the last message ends is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.chat_exports.branches import OTHER_BRANCHES, branch
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    inner,
    names,
    several,
)
from cueline.corpus.transcripts.events import Event, Result
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, first_object
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.records import whole
from cueline.errors import Place

_READ = frozenset({"uuid", "chat_messages", "current_leaf_message_uuid"})


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield call(part, place)


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    failed = part.get("is_error") is True
    id, name = part.get("tool_use_id"), part.get("name")
    yield Result(_returned(part.get("content")), id, None if id else name, failed)


READER = MessageReader(
    keys=frozenset({"role", "content"}),
    ignored=names(
        "uuid parent_message_uuid created_at updated_at edited_at attachments files files_v2"
        " sync_sources index truncated stop_reason chat_feedback input_mode metadata"
    ),
    reasoning=frozenset(),
    parts={
        "text": text_part,
        "voice_note": text_part,
        "tool_use": _call,
        "tool_result": _result,
    },
    ignored_parts=names(
        "thinking redacted_thinking token_budget flag image document knowledge summary"
    ),
    roles={"human": "user", "user": "user", "assistant": "assistant"},
)


def recognises(record: Outline) -> bool:
    """Whether it is a conversation with `chat_messages`."""
    return isinstance(first_object(record.value).get("chat_messages"), list)


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue of each conversation; raises `CorpusError` at what Claude does not write."""
    for one, where in several(value, place):
        yield _piece(one, where, account)


def _piece(value: Any, place: Place, account: Account) -> Piece:
    """The dialogue of a conversation."""
    conversation = as_object(value, place, "a conversation")
    where = inner(place, "chat_messages")
    listed = as_list(conversation.get("chat_messages"), where, "`chat_messages`")
    messages = [as_object(m, inner(where, n), "a message") for n, m in enumerate(listed)]
    kept = _kept(conversation, messages, where)
    if len(kept) < len(messages):
        account.leave_out(OTHER_BRANCHES, place, len(messages) - len(kept))
    events = [e for n in kept for e in _events(messages[n], inner(where, n), account)]
    record = conversation | {"id": conversation.get("uuid")}
    return whole(record, place, account, events, read=_READ, repeats=False)


def _kept(conversation: dict[str, Any], messages: list[dict[str, Any]], place: Place) -> list[int]:
    """The numbers of the messages of the branch that was not left; all where there is no tree."""
    numbers = {m["uuid"]: n for n, m in enumerate(messages) if isinstance(m.get("uuid"), str)}
    parents = {id: messages[n].get("parent_message_uuid") for id, n in numbers.items()}
    is_tree = any(isinstance(parent, str) and parent in numbers for parent in parents.values())
    if len(numbers) < len(messages) or not is_tree:
        return list(range(len(messages)))
    last = conversation.get("current_leaf_message_uuid")
    last = last if isinstance(last, str) and last in numbers else messages[-1]["uuid"]
    return [numbers[id] for id in branch(parents, last, place)]


def _events(message: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """What happens in a message; the text beside its content says the same."""
    found = {key: one for key, one in message.items() if key not in ("sender", "text", "content")}
    found["role"] = message.get("sender")
    found["content"] = message.get("content") or message.get("text")
    return READER.events(found, place, account)


def _returned(content: Any) -> Any:
    """What a tool returned: its texts, else the content as it stands."""
    if isinstance(content, list) and content:
        texts = [one.get("text") if isinstance(one, dict) else None for one in content]
        if all(isinstance(text, str) for text in texts):
            return "\n".join(map(str, texts))
    return content
