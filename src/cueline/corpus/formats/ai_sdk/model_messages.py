"""Model messages of the AI SDK: parts `tool-call` and `tool-result`.

    {"role": "assistant", "content": [
      {"type": "tool-call", "toolCallId": "c1", "toolName": "track", "input": {"parcel": 7}}]}
    {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "track",
      "output": {"type": "json", "value": {"status": "sent"}}}]}

Version 4 has `args` for `input` and `result` for `output`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import check_keys, inner, names, refuse, unknown
from cueline.corpus.transcripts.events import Call, Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_CALL_KEYS = frozenset({"type", "toolCallId", "toolName", "input", "args"})
_RESULT_KEYS = frozenset({"type", "toolCallId", "toolName", "output", "result", "isError"})
_IGNORED_KEYS = names(
    "providerOptions providerMetadata experimental_providerMetadata experimental_content"
    " providerExecuted dynamic title invalid error preliminary"
)


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    check_keys(part, place, account, _CALL_KEYS, _IGNORED_KEYS, "key of a call")
    name = part.get("toolName")
    if not isinstance(name, str) or not name:
        refuse(place, "a call without `toolName`")
    yield Call(name, part.get("input", part.get("args")), part.get("toolCallId"))


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    check_keys(part, place, account, _RESULT_KEYS, _IGNORED_KEYS, "key of a result")
    content, failed = part.get("result"), part.get("isError") is True
    if "output" in part:
        content, failed = output_value(part["output"], inner(place, "output"))
    yield Result(content, part.get("toolCallId"), part.get("toolName"), failed)


READER = MessageReader(
    returns_parts=True,
    keys=frozenset({"role", "content"}),
    ignored=names(
        "id providerOptions providerMetadata experimental_providerMetadata createdAt metadata"
        " experimental_cache_control"
    ),
    reasoning=frozenset(),
    parts={"text": text_part, "tool-call": _call, "tool-result": _result},
    ignored_parts=names(
        "image file reasoning redacted-reasoning reasoning-file source custom tool-approval-"
        " request tool-approval-response"
    ),
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether a part of it is a call or a result with `toolCallId`."""
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") in ("tool-call", "tool-result")
        for part in content
    )


def output_value(output: Any, place: Place) -> tuple[Any, bool]:
    """What a tool returned, and whether it failed, of an `output` with its kind."""
    match output:
        case {"type": "text" | "json", "value": value}:
            return value, False
        case {"type": "error-text" | "error-json", "value": value}:
            return value, True
        case {"type": "execution-denied"}:
            return output.get("reason"), True
        case {"type": "content", "value": list(several)}:
            texts = [part.get("text") if isinstance(part, dict) else None for part in several]
            whole = all(isinstance(text, str) for text in texts)
            return "\n".join(map(str, texts)) if whole else several, False
        case {"type": type, "value": _}:
            unknown(place, "an output", type)
    return output, False


def recognises(record: Outline) -> bool:
    """Whether a part of a message is a call or a result as the AI SDK has them."""
    if not record.types & {"tool-call", "tool-result"}:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)
