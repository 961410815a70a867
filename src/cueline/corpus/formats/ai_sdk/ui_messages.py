"""UI messages of the AI SDK: the parts of one message are the steps of the assistant.

    {"id": "a1", "role": "assistant", "parts": [{"type": "step-start"},
      {"type": "tool-track", "toolCallId": "c1", "state": "output-available",
       "input": {"parcel": 7}, "output": {"status": "sent"}},
      {"type": "step-start"}, {"type": "text", "text": "On its way."}]}

Version 4 has parts `tool-invocation`, or a list `toolInvocations` beside `content`. What a tool
returned is known from the next step on, so at the next words too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    as_text,
    check_keys,
    inner,
    names,
    refuse,
    unknown,
)
from cueline.corpus.transcripts.events import STEP_ENDED, Call, Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

_TOOL_KEYS = names("type toolCallId toolName state input rawInput output errorText args result")
_IGNORED_TOOL_KEYS = names(
    "step title providerExecuted callProviderMetadata resultProviderMetadata providerMetadata"
    " preliminary approval toolMetadata"
)
_FAILED = ("output-error", "output-denied")
_ANSWERED = (*_FAILED, "output-available", "result")
_STATES = ("input-available", "approval-requested", "approval-responded", "call", *_ANSWERED)
_UNFINISHED = ("input-streaming", "partial-call")
"""States of a call that had not been written to its end when the messages were stored."""
_OWN = ("step-start", "dynamic-tool", "source-url", "source-document")


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message with the parts of its steps as content."""
    found = {k: v for k, v in message.items() if k not in ("parts", "content", "toolInvocations")}
    return found | {"parts": _steps(list(_parts(message, place)), account)}, place


def _steps(parts: list[tuple[dict[str, Any], Place]], account: Account) -> list[Any]:
    """The parts step by step: results come at the end of a step, or before the next words."""
    found: list[Any] = []
    results: list[Any] = []
    for part, place in parts:
        type = str(part.get("type"))
        if type.startswith("tool-") or type == "dynamic-tool":
            for one in _invocation(part, place, account):
                held = {"type": "invocation", "part": one}
                (results if isinstance(one, Result) else found).append(held)
        elif type.startswith("data-"):
            account.ignore("part `data-*`", place)
        else:
            if type in ("step-start", "text"):
                found += results
                results = []
            found.append(part)
    return found + results


def _parts(message: dict[str, Any], place: Place) -> Iterator[tuple[dict[str, Any], Place]]:
    """The parts; invocations beside `content` come before the words, which answer them."""
    listed = message.get("parts")
    if listed is None:
        where = inner(place, "toolInvocations")
        for number, one in enumerate(as_list(message.get("toolInvocations") or [], where, "a key")):
            yield {"type": "tool-invocation", "toolInvocation": one}, inner(where, number)
        if message.get("content") is None:
            refuse(place, "a message without `parts`")
        yield {"type": "text", "text": as_text(message["content"], place, "`content`")}, place
        return
    where = inner(place, "parts")
    for number, one in enumerate(as_list(listed, where, "`parts`")):
        at = inner(where, number)
        yield as_object(one, at, "a part"), at


def _invocation(part: dict[str, Any], place: Place, account: Account) -> tuple[Part, ...]:
    """The call of a part and, once there is one, its result."""
    type = str(part["type"])
    name: Any = type.removeprefix("tool-")
    if type == "tool-invocation":
        place = inner(place, "toolInvocation")
        part = as_object(part.get("toolInvocation"), place, "an invocation")
    if type in ("tool-invocation", "dynamic-tool"):
        name = part.get("toolName")
    check_keys(part, place, account, _TOOL_KEYS, _IGNORED_TOOL_KEYS, "key of a call")
    if not isinstance(name, str) or not name:
        refuse(place, "a call without the name of its tool")
    state = part.get("state")
    if state in _UNFINISHED:
        account.ignore(f"call in the state `{state}`", place)
        return ()
    if state not in _STATES:
        unknown(inner(place, "state"), "a call in a state", state)
    arguments = part.get("input", part.get("args", part.get("rawInput")))
    id = part.get("toolCallId")
    call = Call(name, arguments, id)
    if state not in _ANSWERED:
        return (call,)
    if state in _FAILED:
        return call, Result(part.get("errorText"), id, name, failed=True)
    return call, Result(part.get("output", part.get("result")), id, name)


def _held(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield part["part"]


def _step(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield STEP_ENDED


READER = MessageReader(
    keys=frozenset({"role", "parts"}),
    content_key="parts",
    ignored=names(
        "id metadata createdAt updatedAt annotations experimental_attachments attachments data"
        " reasoning revisionId chatId status"
    ),
    reasoning=frozenset(),
    parts={"text": text_part, "invocation": _held, "step-start": _step},
    ignored_parts=names("file reasoning source source-url source-document custom"),
    roles={"user": "user", "assistant": "assistant", "system": "system", "data": "system"},
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has typed `parts` of the AI SDK, or the older `toolInvocations`."""
    if isinstance(message.get("toolInvocations"), list):
        return True
    listed = message.get("parts")
    return isinstance(listed, list) and any(
        isinstance(part, dict)
        and ((part.get("type") == "text" and "text" in part) or _is_own(str(part.get("type"))))
        for part in listed
    )


def _is_own(type: str) -> bool:
    return type in _OWN or type.startswith(("tool-", "data-"))


def recognises(record: Outline) -> bool:
    """Whether a message has parts as the AI SDK's pages have them."""
    if not record.message_keys & {"parts", "toolInvocations"}:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)
