"""Values that are not of any size: of a result that is too long, the first parts are kept."""

from __future__ import annotations

from typing import Any

import msgspec

MAX_DEPTH = 50
"""Objects and lists within one another that are kept of a value which is too long."""


def cut(value: Any, limit: int) -> Any:
    """`value` itself where its JSON has at most `limit` bytes, else its first parts that fit."""
    if isinstance(value, str):
        return value if len(value) <= limit else value[:limit]
    if not isinstance(value, list | dict) or len(msgspec.json.encode(value)) <= limit:
        return value
    return _Room(limit).first_parts(value, MAX_DEPTH)


class _Room:
    """How many bytes of JSON there is still room for."""

    def __init__(self, left: int) -> None:
        self.left = left

    def first_parts(self, value: Any, depth: int) -> Any:
        """As much of `value` as there is room for."""
        match value:
            case str():
                kept = value[: max(self.left, 0)]
                self.left -= len(value.encode()) + 2
                return kept
            case dict():
                found = {}
                for name, inner in value.items():
                    self.left -= len(msgspec.json.encode(name)) + 2
                    if self.left <= 0 or depth == 0:
                        break
                    found[name] = self.first_parts(inner, depth - 1)
                return found
            case list():
                items = []
                for inner in value:
                    self.left -= 2
                    if self.left <= 0 or depth == 0:
                        break
                    items.append(self.first_parts(inner, depth - 1))
                return items
        self.left -= len(msgspec.json.encode(value))
        return value
