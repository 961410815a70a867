"""The outline of a record: the keys, roles and kinds of parts by which a dialect is recognised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from cueline.corpus.transcripts.holders import held, is_message


class Outline(Struct, frozen=True):
    """What a record consists of, seen once and asked by every dialect."""

    value: Any
    keys: frozenset[str]
    """The keys of the record itself; none if it is a list of messages."""
    messages: list[Any]
    """Its messages, wherever it holds them; the record itself if it is one."""
    message_keys: frozenset[str]
    """The keys of its messages, taken together."""
    roles: frozenset[str]
    """Who speaks: what stands under `role` or `from`, in small letters."""
    types: frozenset[str]
    """The `type` of its messages, and of the parts of their content."""
    part_keys: frozenset[str]
    """The keys of the parts of their content, taken together."""

    @property
    def is_loose(self) -> bool:
        """Whether the record is one message, and the file a dialogue."""
        alone = len(self.messages) == 1 and self.messages[0] is self.value
        return alone and isinstance(self.value, dict) and is_message(self.value)


def first_object(value: Any) -> dict[str, Any]:
    """The record, or the first of a list of them; an empty one if that is no object."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}


def objects(messages: list[Any]) -> Iterator[dict[str, Any]]:
    """Those messages that are objects, as all should be."""
    return (message for message in messages if isinstance(message, dict))


def outline(value: Any) -> Outline:
    """The outline of a record: an object with messages, a list of them, or one message."""
    keys, message_keys, roles = set[str](), set[str](), set[str]()
    types, part_keys = set[str](), set[str]()
    messages: list[Any] = value if isinstance(value, list) else []
    if isinstance(value, dict):
        keys.update(value)
        messages = [one for found in held(value) for one in found.messages] or [value]
    for message in messages:
        if not isinstance(message, dict):
            continue
        message_keys.update(message)
        role = message.get("role") or message.get("from")
        if isinstance(role, str):
            roles.add(role)
        if "type" in message:
            _add_type(message, types)
        content = message.get("content")
        parts = content if isinstance(content, list) else message.get("parts")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                part_keys.update(part)
                _add_type(part, types)
    return Outline(
        value,
        frozenset(keys),
        messages,
        frozenset(message_keys),
        frozenset(map(str.lower, roles)),
        frozenset(types),
        frozenset(part_keys),
    )


def _add_type(value: dict[str, Any], types: set[str]) -> None:
    type = value.get("type")
    if isinstance(type, str):
        types.add(type)
