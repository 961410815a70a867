"""Where a record holds its messages: in a list, in a request with its response, in a pair.

{"messages": [...]}                                    {"prompt": [...], "completion": [...]}
{"request": {"messages": [...]}, "response": {"choices": [{"message": {...}}]}}
{"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
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
_IN_WORDS = frozenset(
    ("request", "input", "prompt", "completion", "output", "preferred_output", "chosen", "response")
)
"""The keys whose text is what one side said, if there is an answer too."""
_FINAL = ("output", "completion", *_CHOSEN, *_RESPONSES)
"""The keys of answers that say nothing without what was asked."""
_HALVES = frozenset((*_FINAL, *_ANSWERED, *_REQUESTS))
"""The keys of what was asked or answered, which may be there without the other."""
_INSTRUCTED = "instruction"
"""The key of a task beside its input: what the two ask together is not said."""
KEYS = frozenset((*LISTS, *_REQUESTS, *_RESPONSES, *_ASKED, *_ANSWERED, *_CHOSEN))
"""The keys that are looked through for messages."""
OFFERED = ("tools", "functions", "toolConfig", "tool_config")
"""The keys of the tools that a request offers."""
REJECTED = frozenset(("rejected", "non_preferred_output", "rejected_response"))
"""The keys of answers that nobody should learn."""
_SPOKEN = frozenset(("role", "from", "call_id"))
_OF_SYSTEM = frozenset(("assistant", "gpt", "model", "ai", "chatbot", "bot"))
"""Roles of the system, in the dialects whose dialogues may be followed by an answer."""
_OF_MESSAGES = frozenset(("role", "from", "type", "content"))


class Held(NamedTuple):
    """Messages, and the path to them in the record."""

    path: str
    messages: list[Any]


def held(record: Mapping[str, Any], path: str = "", answered: bool = False) -> Iterator[Held]:
    """The lists of messages in a record, in order of time; it never raises.

    Where a dialogue stands twice, as a list and as a prompt with its answer, the list counts.
    Words alone are no question, unless they are `answered`, here or beside the record.
    """
    if KEYS.isdisjoint(record):
        return
    dialogue = next(_under(record, LISTS, path), None)
    if dialogue is not None:
        yield dialogue
        if _HALVES.isdisjoint(record):
            return
        for found in _under(record, _answers_after(dialogue), path):
            if found.messages != dialogue.messages[-len(found.messages) :]:
                yield found
    elif not is_message(record) and _INSTRUCTED not in record:
        yield from _exchange(record, path, answered)


def further_lists(record: Mapping[str, Any]) -> Iterator[str]:
    """The keys of lists of messages beside the one that `held` gives."""
    several = [key for key in LISTS if key in record]
    if len(several) > 1:
        found = (key for key in several for _ in _held(record, key, ""))
        yield from islice(found, 1, None)


def unasked(record: Mapping[str, Any]) -> str | None:
    """The key of an answer where a record does not say what was asked; None if there is none.

    It may say that nothing was: by an empty list, or by a text without words.
    """
    if _HALVES.isdisjoint(record) or is_message(record) or any(_under(record, LISTS, "")):
        return None
    inside = [_value(record, key) for key in _REQUESTS]
    requests = [one for one in inside if isinstance(one, dict)]
    found = next(filter(None, map(unasked, requests)), None)
    if found or any(_under(record, (*_REQUESTS, *_ASKED), "", True)) or _begins_asking(record):
        return found
    if any(one.get(key) in ("", []) for one in (record, *requests) for key in (*_ASKED, *LISTS)):
        return None
    return next((key for key in _FINAL for _ in _held(record, key, "")), None)


def in_chunks(record: Mapping[str, Any]) -> str | None:
    """The key of an answer that was kept as the chunks in which it came; None if there is none."""
    if _HALVES.isdisjoint(record):
        return None
    return next((key for key in _FINAL if _is_stream(_value(record, key))), None)


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


def _exchange(record: Mapping[str, Any], path: str, answered: bool) -> Iterator[Held]:
    """What was asked, and then what was answered."""
    chosen = list(_under(record, _CHOSEN, path))
    answers = list(_under(record, (*_ANSWERED, *_RESPONSES), path))
    answered = answered or bool(chosen or answers)
    in_words = any(isinstance(_value(record, key), str) for key in (*_REQUESTS, *_ASKED))
    if not _begins_asking(record) and (answered or not in_words):
        yield from _under(record, (*_REQUESTS, *_ASKED), path, answered)
    yield from chosen
    yield from answers


def _under(
    record: Mapping[str, Any], keys: Iterable[str], path: str, answered: bool = False
) -> Iterator[Held]:
    return (found for key in keys if key in record for found in _held(record, key, path, answered))


def _answers_after(dialogue: Held) -> tuple[str, ...]:
    """The keys of what may go on from a dialogue: any answer, unless it has one already."""
    answered = _role(dialogue.messages[-1:]) in _OF_SYSTEM
    return _RESPONSES if answered else (*_RESPONSES, *_CHOSEN, *_ANSWERED)


def _begins_asking(record: Mapping[str, Any]) -> bool:
    """Whether the answer that was chosen is a whole dialogue."""
    chosen = next(_under(record, _CHOSEN, ""), None)
    return chosen is not None and _role(chosen.messages[:1]) in ("user", "system", "human")


def _is_stream(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip().startswith(("data:", "event:"))
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and "delta" in (*first, *_first_choice(first))


def _first_choice(chunk: dict[str, Any]) -> dict[str, Any]:
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _held(record: Mapping[str, Any], key: str, path: str, answered: bool = False) -> Iterator[Held]:
    value, where = _value(record, key), f"{path}.{key}"
    if key in ("choices", "candidates"):
        yield from _choice(value, where)
    elif isinstance(value, list) and value:
        yield Held(where, value)
    elif isinstance(value, dict):
        if key in _FINAL and "content" in value and not is_message(value):
            value = {"role": "assistant", **value}
        alone = is_message(value) or ("type" in value and KEYS.isdisjoint(value))
        yield from [Held(where, [value])] if alone else held(value, where, answered)
    elif isinstance(value, str) and value and key in _IN_WORDS:
        role = "user" if key in (*_REQUESTS, *_ASKED) else "assistant"
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
