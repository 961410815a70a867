"""What a result says before anyone reads it: features of which tools answered and with what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from cueline.dialogue import Feature

_FAILED = ("error", "traceback (most recent call last)")
_STATUSES = ("error", "failed", "failure")


class Answer(NamedTuple):
    """Which tool answered, and with what kind of thing; `length` items if with a list."""

    tool: str
    kind: str
    length: int | None = None


def features(answers: Sequence[Answer]) -> dict[str, Feature]:
    """What the tools answered since the system last acted; nothing if none did."""
    if not answers:
        return {}
    found: dict[str, Feature] = {
        "answered": tuple(dict.fromkeys(answer.tool for answer in answers)),
        "result": tuple(dict.fromkeys(answer.kind for answer in answers)),
    }
    lengths = [answer.length for answer in answers if answer.length is not None]
    return found | ({"count": sum(lengths)} if lengths else {})


def answer(tool: str, content: Any, failed: bool = False) -> Answer:
    """The kind of a result: error, empty, object, list, number, boolean or text."""
    if failed:
        return Answer(tool, "error")
    value = decoded(content) if isinstance(content, str) else content
    match value:
        case None | "" | {} if not value:
            return Answer(tool, "empty")
        case bool():
            return Answer(tool, "boolean")
        case int() | float():
            return Answer(tool, "number")
        case list():
            return Answer(tool, "list" if value else "empty", len(value))
        case dict():
            return Answer(tool, "error" if _says_error(value) else "object")
    return Answer(tool, "error" if value.lstrip().lower().startswith(_FAILED) else "text")


def decoded(text: str) -> Any:
    """The JSON in `text`, or the text itself where there is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _says_error(value: dict[str, Any]) -> bool:
    flags = value.get("error") or value.get("isError") is True or value.get("is_error") is True
    return bool(flags) or value.get("success") is False or value.get("status") in _STATUSES
