"""Where a record holds its messages: in a list, in a request with its response, in a pair.

{"messages": [...]}                                    {"prompt": [...], "completion": [...]}
{"request": {"messages": [...]}, "response": {"choices": [{"message": {...}}]}}
{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

LISTS = (
    "messages",
    "traj",
    "conversation",
    "conversations",
    "dialogue",
    "dialog",
    "turns",
    "contents",
)
"""The keys under which a record holds all of its messages."""
_REQUESTS = ("request", "request_body", "body", "inputBodyJson")
_RESPONSES = ("response", "response_body", "choices", "candidates", "outputBodyJson")
_ASKED = ("input", "prompt")
_ANSWERED = ("items", "output", "completion", "message")
_CHOSEN = ("preferred_output", "chosen")
_IN_WORDS = ("input", "prompt", "completion", "preferred_output", "chosen", "response")
"""The keys whose text is what one side said, if there is an answer too."""
KEYS = frozenset((*LISTS, *_REQUESTS, *_RESPONSES, *_ASKED, *_ANSWERED, *_CHOSEN))
"""The keys that are looked through for messages."""
OFFERED = ("tools", "functions", "toolConfig", "tool_config")
"""The keys of the tools that a request offers."""
REJECTED = frozenset(("rejected", "non_preferred_output", "rejected_response"))
"""The keys of answers that nobody should learn."""
_SPOKEN = frozenset(("role", "from", "call_id"))
_OF_MESSAGES = frozenset(("role", "from", "type", "content"))


class Held(NamedTuple):
    """Messages, and the path to them in the record."""

    path: str
    messages: list[Any]


def held(record: Mapping[str, Any], path: str = "") -> Iterator[Held]:
    """The lists of messages in a record, in order of time; it never raises.

    Where the same talk stands twice, as a list and as a prompt with its answer, the list counts.
    """
    if KEYS.isdisjoint(record):
        return
    talks = [found for key in LISTS if key in record for found in _held(record, key, path)]
    if not talks and is_message(record):
        return
    if talks:
        yield from talks
        ends_asking = _role(talks[-1].messages[-1:]) == "user"
        for key in _RESPONSES + (_CHOSEN if ends_asking else ()):
            if key in record:
                yield from _held(record, key, path)
        return
    for key in _REQUESTS:
        yield from _held(record, key, path)
    chosen = [found for key in _CHOSEN for found in _held(record, key, path)]
    asked = [found for key in _ASKED for found in _held(record, key, path)]
    answers = [found for key in _ANSWERED + _RESPONSES for found in _held(record, key, path)]
    whole = chosen and _role(chosen[0].messages[:1]) in ("user", "system")
    in_words = any(isinstance(_value(record, key), str) for key in _ASKED)
    yield from [] if whole or (in_words and not chosen and not answers) else asked
    yield from chosen
    yield from answers


def is_message(record: Mapping[str, Any]) -> bool:
    """Whether a record is itself a message, or an item with a call or its output."""
    if not _SPOKEN.isdisjoint(record):
        return True
    type = record.get("type")
    return isinstance(type, str) and type.endswith(("_call", "_output"))


def is_empty(record: Mapping[str, Any]) -> bool:
    """Whether a record holds a list of messages, but none in it."""
    return any(record.get(key) == [] for key in KEYS)


def tools_of(record: Mapping[str, Any], path: str = "") -> tuple[str, Any] | None:
    """The path to the tools that a record offers, and their definitions."""
    for key in OFFERED:
        if record.get(key) is not None:
            return f"{path}.{key}", record[key]
    for key in (*_REQUESTS, *_ASKED):
        value = _value(record, key)
        found = tools_of(value, f"{path}.{key}") if isinstance(value, dict) else None
        if found is not None:
            return found
    return None


def further_choices(record: Mapping[str, Any]) -> int:
    """How many answers there are beside the first, which is the one that is read."""
    choices = record.get("choices", record.get("candidates"))
    here = len(choices) - 1 if isinstance(choices, list) and choices else 0
    inner = [_value(record, key) for key in ("response", "response_body", "body")]
    return here + sum(further_choices(one) for one in inner if isinstance(one, dict))


def _held(record: Mapping[str, Any], key: str, path: str) -> Iterator[Held]:
    value, where = _value(record, key), f"{path}.{key}"
    if key in ("choices", "candidates"):
        yield from _choice(value, where)
    elif isinstance(value, list) and value:
        yield Held(where, value)
    elif isinstance(value, dict):
        alone = is_message(value) or ("type" in value and KEYS.isdisjoint(value))
        yield from [Held(where, [value])] if alone else held(value, where)
    elif isinstance(value, str) and value and key in _IN_WORDS:
        role = "user" if key in _ASKED else "assistant"
        yield Held(where, [{"role": role, "content": value}])


def _choice(choices: Any, path: str) -> Iterator[Held]:
    first = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict) and isinstance(first.get("message"), dict):
        yield Held(f"{path}[0].message", [{"role": "assistant", **first["message"]}])
    elif isinstance(first, dict) and isinstance(first.get("content"), dict):
        yield Held(f"{path}[0].content", [{"role": "model", **first["content"]}])
    elif isinstance(first, dict) and isinstance(first.get("text"), str):
        yield Held(f"{path}[0]", [{"role": "assistant", "content": first["text"]}])


def _role(messages: list[Any]) -> str | None:
    first = messages[0] if messages else None
    role = (first.get("role") or first.get("from")) if isinstance(first, dict) else None
    return role.lower() if isinstance(role, str) else None


def _value(record: Mapping[str, Any], key: str) -> Any:
    """What stands under `key`, decoded where it is messages or a body as JSON in a string."""
    value = record.get(key)
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        decoded = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return value
    first = decoded[0] if isinstance(decoded, list) and decoded else decoded
    is_held = isinstance(first, dict) and (_OF_MESSAGES | KEYS) & first.keys()
    return decoded if is_held else value
