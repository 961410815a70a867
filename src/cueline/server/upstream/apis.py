"""Where requests go upstream, and how to read from the answer what was done there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.formats.anthropic.messages import message_events as read_message
from cueline.corpus.formats.openai.messages import message_events
from cueline.corpus.formats.openai.response_items import item_events
from cueline.corpus.transcripts.closed_world import inner
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.turns import turns_of
from cueline.dialogue import Turn
from cueline.errors import CorpusError, Place

_PLACE = Place("answer")
_ENDED = frozenset({"stop", "tool_calls", "function_call"})
"""Reasons to finish after which nothing is missing."""
_STOPPED = frozenset({"end_turn", "stop_sequence", "tool_use", "refusal"})
"""The same in Anthropic's words."""
_SAID = ("content", "refusal", "tool_calls", "function_call")
"""What a message says; servers add much else of their own."""


def bearer(key: str) -> tuple[bytes, bytes]:
    """The header that holds the key, as OpenAI has it."""
    return b"authorization", b"Bearer " + key.encode()


class Api(NamedTuple):
    """A path of an API whose answers can be read."""

    path: str
    """After the base URL of the upstream."""
    events: Callable[[Any], Iterable[Event] | None]
    """What happens in an answer, which is decoded JSON; None where it is no whole answer."""
    gathered: Callable[[Iterator[Any]], Any]
    """The answer that the decoded data of a stream's events add up to."""
    key: Callable[[str], tuple[bytes, bytes]] = bearer

    def done(self, content: bytes, stream: bool) -> Turn | None:
        """What an answer does: a turn with `actions`, `arguments` and `system` alone.

        None where nobody can know that: it was cut off, or refused, or is not as it should be.
        """
        try:
            value = self.gathered(_data(content)) if stream else msgspec.json.decode(content)
            events = self.events(value)
            turns = [] if events is None else turns_of(events).turns
        except (CorpusError, LookupError, TypeError, ValueError, RecursionError):
            return None
        return turns[0] if len(turns) == 1 else None


def _data(content: bytes) -> Iterator[Any]:
    """The decoded `data` of each server-sent event."""
    for event in content.replace(b"\r\n", b"\n").split(b"\n\n"):
        lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
        if lines and lines != [b"[DONE]"]:
            yield msgspec.json.decode(b"\n".join(lines))


def _chat_events(answer: Any) -> list[Event] | None:
    (choice,) = answer["choices"]
    if choice["finish_reason"] not in _ENDED:
        return None
    said = choice["message"]
    message = {"role": "assistant", **{key: said[key] for key in _SAID if said.get(key)}}
    return list(message_events(message, _PLACE, Account()))


def _chat_gathered(chunks: Iterator[Any]) -> Any:
    message: dict[str, Any] = {"content": ""}
    calls: dict[int, dict[str, Any]] = {}
    finished = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            if choice["index"] != 0:
                raise ValueError("more than one answer")
            finished = choice.get("finish_reason") or finished
            delta = choice["delta"]
            message["content"] += delta.get("content") or delta.get("refusal") or ""
            for part in delta.get("tool_calls") or ():
                _add(calls.setdefault(part["index"], {"name": "", "arguments": ""}), part)
    if calls:
        message["tool_calls"] = [
            {
                "id": call.get("id"),
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for _, call in sorted(calls.items())
        ]
    return {"choices": [{"finish_reason": finished, "message": message}]}


def _add(call: dict[str, Any], part: Mapping[str, Any]) -> None:
    call["id"] = part.get("id") or call.get("id")
    function = part.get("function") or {}
    call["name"] += function.get("name") or ""
    call["arguments"] += function.get("arguments") or ""


def _response_events(answer: Any) -> list[Event] | None:
    if answer["status"] != "completed":
        return None
    place = inner(_PLACE, "output")
    return [
        event
        for number, item in enumerate(answer["output"])
        for event in item_events(item, inner(place, number), Account())
    ]


def _response_gathered(events: Iterator[Any]) -> Any:
    *_, last = (event for event in events if event["type"] == "response.completed")
    return last["response"]


def _message_events(answer: Any) -> list[Event] | None:
    if answer["stop_reason"] not in _STOPPED:
        return None
    message = {"role": "assistant", "content": answer["content"]}
    return list(read_message(message, _PLACE, Account()))


def _message_gathered(events: Iterator[Any]) -> Any:
    blocks: dict[int, dict[str, Any]] = {}
    stopped = None
    for event in events:
        match event["type"]:
            case "content_block_start":
                blocks[event["index"]] = {**event["content_block"], "json": ""}
            case "content_block_delta":
                block, delta = blocks[event["index"]], event["delta"]
                block["text"] = block.get("text", "") + delta.get("text", "")
                block["json"] += delta.get("partial_json", "")
            case "message_delta":
                stopped = event["delta"].get("stop_reason") or stopped
    for block in blocks.values():
        if given := block.pop("json"):
            block["input"] = msgspec.json.decode(given)
    return {"stop_reason": stopped, "content": [block for _, block in sorted(blocks.items())]}


def _api_key(key: str) -> tuple[bytes, bytes]:
    """The header that holds the key, as Anthropic has it."""
    return b"x-api-key", key.encode()


CHAT = Api("/chat/completions", _chat_events, _chat_gathered)
RESPONSES = Api("/responses", _response_events, _response_gathered)
MESSAGES = Api("/messages", _message_events, _message_gathered, _api_key)
PATHS = tuple(f"/v1{api.path}" for api in (CHAT, RESPONSES, MESSAGES))
"""Where this service is asked the same."""
