"""OpenTelemetry's messages: parts with a `type`, words under `content`.

{"role": "assistant", "parts": [{"type": "text", "content": "One moment."},
  {"type": "tool_call", "id": "c1", "name": "track", "arguments": {"parcel": 7}}]}
{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "sent"}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import arguments
from cueline.corpus.transcripts.closed_world import as_text, inner, names, refuse
from cueline.corpus.transcripts.events import Call, Result
from cueline.corpus.transcripts.messages import ROLES, MessageReader, Part
from cueline.errors import Place

CALLS = ("tool_call", "server_tool_call")
RESULTS = ("tool_call_response", "server_tool_call_response")


def _text(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield as_text(part.get("content"), inner(place, "content"), "the content of a part")


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    """A call; what a provider's own tool was given stands in an object of its own."""
    own = part.get("server_tool_call")
    own = own if isinstance(own, dict) else {}
    name = part.get("name") or own.get("type")
    if not isinstance(name, str) or not name:
        refuse(place, "a call without the `name` of its tool")
    yield Call(name, arguments(part.get("arguments", own.get("arguments"))), part.get("id"))


def _result(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    keys = ("response", "result", "content", "server_tool_call_response")
    content = next((part[key] for key in keys if part.get(key) is not None), None)
    yield Result(content, part.get("id"))


READER = MessageReader(
    returns_parts=True,
    keys=frozenset({"role", "parts"}),
    ignored=names("finish_reason name id timestamp"),
    reasoning=frozenset(),
    parts={"text": _text, **dict.fromkeys(CALLS, _call), **dict.fromkeys(RESULTS, _result)},
    ignored_parts=names("reasoning thinking blob file uri image audio video media compaction"),
    roles=ROLES | {"model": "assistant"},
    marks=frozenset({"parts"}),
    content_key="parts",
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has parts with a type, of which one is OpenTelemetry's own."""
    listed = message.get("parts")
    return isinstance(listed, list) and any(
        isinstance(part, dict)
        and (part.get("type") in (*CALLS, *RESULTS) or {"type", "content"} <= part.keys())
        for part in listed
    )
