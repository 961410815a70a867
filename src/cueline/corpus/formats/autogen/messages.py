"""AutoGen's messages and events, each with a `source` and a `type`.

    [{"source": "user", "type": "TextMessage", "content": "Where is my parcel?"},
     {"source": "bot", "type": "ToolCallRequestEvent",
      "content": [{"id": "c", "name": "track", "arguments": "{}"}]},
     {"source": "bot", "type": "ToolCallExecutionEvent",
      "content": [{"call_id": "c", "name": "track", "content": "sent", "is_error": false}]}]

The messages that an agent keeps as its context (`UserMessage`, `AssistantMessage`,
`FunctionExecutionResultMessage`) are read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    inner,
    kind_of,
    names,
    refuse,
    unknown,
)
from cueline.corpus.transcripts.events import Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

USERS = frozenset({"user", "user_proxy", "userproxy", "human"})
"""Sources, in small letters, that are the user; any other is an agent."""
SAID = names("TextMessage MultiModalMessage StopMessage ToolCallSummaryMessage UserMessage")
CALLED = names("ToolCallRequestEvent ToolCallMessage AssistantMessage")
RETURNED = names("ToolCallExecutionEvent ToolCallResultMessage FunctionExecutionResultMessage")
IGNORED = names(
    "HandoffMessage SystemMessage MemoryQueryEvent ModelClientStreamingChunkEvent ThoughtEvent"
    " UserInputRequestedEvent SelectSpeakerEvent SelectorEvent CodeGenerationEvent"
    " CodeExecutionEvent"
)
"""Types that repeat what other messages hold, or in which nobody says anything to the user."""


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield call(part, place)


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    failed = part.get("is_error") is True
    yield Result(part.get("content"), part.get("call_id"), part.get("name"), failed)


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message with the role of its source, and a type for each of its parts."""
    type = message.get("type")
    if not isinstance(type, str) or not _is_known(type):
        unknown(place, "a message", type)
    found = {key: value for key, value in message.items() if key not in ("type", "source")}
    if type in IGNORED:
        return found | {"role": "ignored"}, place
    content, where = message.get("content"), inner(place, "content")
    if type in RETURNED:
        listed = as_list(content, where, "`content`")
        parts = [as_object(one, inner(where, n), "a result") for n, one in enumerate(listed)]
        return found | {
            "role": "tool",
            "content": [one | {"type": "result"} for one in parts],
        }, place
    if type in CALLED and isinstance(content, list):
        parts = [as_object(one, inner(where, n), "a call") for n, one in enumerate(content)]
        found["content"] = [one | {"type": "call"} for one in parts]
        return found | {"role": "agent"}, place
    source = message.get("source")
    is_user = type == "UserMessage" or (isinstance(source, str) and source.lower() in USERS)
    return found | {
        "role": "user" if is_user else "agent",
        "content": _words(content, where),
    }, place


def _words(content: Any, place: Place) -> Any:
    """Words as they are, images marked as such, and of a structure its texts."""
    if isinstance(content, dict):
        return "\n".join(value for value in content.values() if isinstance(value, str))
    if not isinstance(content, list):
        return content
    found = []
    for number, part in enumerate(content):
        is_image = isinstance(part, dict) and part.keys() & {"data", "url", "image"}
        if not is_image and not isinstance(part, str):
            refuse(inner(place, number), f"a part that is {kind_of(part)}, expected words")
        found.append({"type": "image"} if is_image else part)
    return found


def _is_known(type: str) -> bool:
    return type in SAID | CALLED | RETURNED | IGNORED or type.startswith("StructuredMessage")


READER = MessageReader(
    returns_parts=True,
    keys=frozenset({"role", "content"}),
    ignored=names(
        "id models_usage metadata created_at thought tool_calls results target context"
        " full_message_id inner_messages format_string"
    ),
    reasoning=frozenset(),
    parts={"text": text_part, "call": _call, "result": _result},
    ignored_parts=frozenset({"image"}),
    roles={"user": "user", "agent": "assistant", "tool": "tool", "ignored": "system"},
    marks=frozenset({"type"}),
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has one of the types of AutoGen."""
    type = message.get("type")
    if "content" not in message or not isinstance(type, str):
        return False
    return "source" in message or _is_known(type)


def recognises(record: Outline) -> bool:
    """Whether a message has one of the types of AutoGen, or it is the state of agents."""
    states = ("llm_context", "agent_states", "agent_state")
    is_state = any(isinstance(record.value, dict) and key in record.value for key in states)
    if is_state or "type" not in record.message_keys:
        return is_state
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record holds, the message that it is, or the context of each agent."""
    if isinstance(value, dict) and isinstance(value.get("llm_context"), dict):
        yield from record_pieces(value["llm_context"], inner(place, "llm_context"), account, READER)
    elif isinstance(value, dict) and isinstance(value.get("agent_state"), dict):
        yield from pieces(value["agent_state"], inner(place, "agent_state"), account)
    elif isinstance(value, dict) and isinstance(value.get("agent_states"), dict):
        where = inner(place, "agent_states")
        for name, state in value["agent_states"].items():
            yield from pieces(state, inner(where, name), account)
    else:
        yield from record_pieces(value, place, account, READER)
