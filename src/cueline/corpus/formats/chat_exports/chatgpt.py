"""ChatGPT's export: a tree of messages, of which the branch that `current_node` ends is read.

    [{"title": "t", "mapping": {
       "a": {"id": "a", "parent": null, "children": ["b"], "message": {
         "author": {"role": "user"}, "recipient": "all",
         "content": {"content_type": "text", "parts": ["Where is my parcel?"]}}},
       "b": {"id": "b", "parent": "a", "children": [], "message": {
         "author": {"role": "assistant"}, "recipient": "all",
         "content": {"content_type": "text", "parts": ["On its way."]}}}},
      "current_node": "b"}]

A message of the assistant whose `recipient` is a tool is a call; a message of the role `tool` is
the result of the last call before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.chat_exports.branches import OTHER_BRANCHES, branch
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    as_text,
    inner,
    name_in,
    names,
    refuse,
    several,
    unknown,
)
from cueline.corpus.transcripts.events import Call, Event, Result, SystemSaid, UserSaid
from cueline.corpus.transcripts.messages import MessageReader, Part
from cueline.corpus.transcripts.outline import Outline, first_object
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.records import whole
from cueline.corpus.transcripts.results import decoded
from cueline.errors import Place

WORDS = frozenset({"text", "multimodal_text", "code"})
IGNORED = names(
    "thoughts reasoning_recap user_editable_context model_editable_context system_message"
)
"""Types of content in which nobody says anything to the other."""
_READ = frozenset({"mapping", "current_node", "conversation_id", "id"})


def _text(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield as_text(part.get("text"), inner(place, "text"), "the text of a part")


READER = MessageReader(
    keys=frozenset(),
    ignored=frozenset(),
    reasoning=frozenset(),
    parts={"audio_transcription": _text},
    ignored_parts=names(
        "image_asset_pointer audio_asset_pointer video_container_asset_pointer"
        " file_asset_pointer real_time_user_audio_video_asset_pointer"
    ),
)
"""Reads the parts of content; the messages around them are like nobody else's."""


def recognises(record: Outline) -> bool:
    """Whether it is a conversation with a `mapping` of nodes."""
    mapping = first_object(record.value).get("mapping")
    return isinstance(mapping, dict) and all(
        isinstance(node, dict) and "message" in node for node in mapping.values()
    )


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue of each conversation; raises `CorpusError` at what ChatGPT does not write."""
    for one, where in several(value, place):
        yield _piece(one, where, account)


def _piece(value: Any, place: Place, account: Account) -> Piece:
    """The dialogue of a conversation."""
    conversation = as_object(value, place, "a conversation")
    where = inner(place, "mapping")
    nodes = {
        name: as_object(node, inner(where, name), "a node")
        for name, node in as_object(conversation.get("mapping"), where, "`mapping`").items()
    }
    path = branch(
        {n: node.get("parent") for n, node in nodes.items()}, _last(conversation, nodes), where
    )
    left = sum(nodes[name].get("message") is not None for name in nodes.keys() - set(path))
    if left:
        account.leave_out(OTHER_BRANCHES, place, left)
    events: list[Event] = []
    call_id: str | None = None
    for name in path:
        message = nodes[name].get("message")
        if message is None:
            continue
        at = inner(inner(where, name), "message")
        for event in _events(as_object(message, at, "a message"), name, call_id, at, account):
            events.append(event)
            call_id = event.id if isinstance(event, Call) else call_id
    record = conversation | {"id": conversation.get("conversation_id") or conversation.get("id")}
    return whole(record, place, account, events, read=_READ, repeats=False)


def _last(conversation: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> str:
    """The message that ends the dialogue; without `current_node` the end of the last branch."""
    current = conversation.get("current_node")
    if isinstance(current, str) and current in nodes:
        return current
    leaves = [name for name, node in nodes.items() if not node.get("children")]
    return leaves[-1] if leaves else ""


def _events(
    message: dict[str, Any], name: str, call_id: str | None, place: Place, account: Account
) -> Iterator[Event]:
    author = as_object(message.get("author"), inner(place, "author"), "`author`")
    where = inner(place, "content")
    content = as_object(message.get("content"), where, "`content`")
    type, role = name_in(content, "content_type"), name_in(author, "role")
    metadata = as_object(message.get("metadata") or {}, inner(place, "metadata"), "`metadata`")
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if role == "tool":
        failed = type == "system_error"
        yield Result(_returned(content), call_id, None if call_id else author.get("name"), failed)
    elif role == "system" or hidden or type in IGNORED:
        account.ignore(f"message `{type if role != 'system' else role}`", place)
    elif type not in WORDS:
        unknown(where, "content", content.get("content_type"))
    elif role == "user":
        yield UserSaid(_words(content, where, account))
    elif role != "assistant":
        unknown(place, "an author", role)
    elif (tool := message.get("recipient")) not in ("all", None, ""):
        tool = as_text(tool, inner(place, "recipient"), "a recipient")
        yield Call(tool, decoded(_words(content, where, account)), name)
    elif text := _words(content, where, account):
        yield SystemSaid(text)


def _words(content: dict[str, Any], place: Place, account: Account) -> str:
    """The words of a message; what a model writes in code stands under `text`."""
    if isinstance(content.get("text"), str):
        return str(content["text"])
    where = inner(place, "parts")
    if "parts" not in content:
        refuse(place, "content without `parts`")
    listed = as_list(content["parts"], where, "`parts`")
    words: list[str] = []
    for number, part in enumerate(listed):
        at = inner(where, number)
        typed = part | {"type": part.get("content_type")} if isinstance(part, dict) else part
        words += [str(one) for one in READER.content(typed, at, account)]
    return "\n".join(word for word in words if word)


def _returned(content: dict[str, Any]) -> Any:
    """What a tool returned: its text, else the content as it stands."""
    parts = content.get("parts")
    if isinstance(parts, list) and parts and all(isinstance(part, str) for part in parts):
        return "\n".join(parts)
    for key in ("text", "result"):
        if isinstance(content.get(key), str):
            return content[key]
    return {key: value for key, value in content.items() if key != "content_type"}
