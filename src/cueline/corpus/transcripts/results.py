"""Results: whole, but not of any size, and features of which tools answered and with what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from cueline.corpus.transcripts.bounds import cut
from cueline.dialogue import Feature

_FAILED = ("error", "traceback (most recent call last)")
_STATUSES = ("error", "failed", "failure")
MAX_RESULT = 20_000
"""Characters of JSON that a result has at the most, more or less; of a longer one the first."""


class Answer(NamedTuple):
    """What a tool returned, to the how manieth call, and what kind of thing that is.

    `length` is that of a list; `cut` says that the value is not whole.
    """

    tool: str
    number: int
    value: Any
    kind: str
    length: int | None = None
    cut: bool = False


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


def results(answers: Sequence[Answer]) -> dict[str, tuple[Any, ...]]:
    """What each tool returned since the system last acted, in the order of its calls."""
    found: dict[str, list[Any]] = {}
    for answer in sorted(answers, key=lambda answer: answer.number):
        found.setdefault(answer.tool, []).append(answer.value)
    return {tool: tuple(values) for tool, values in found.items()}


def answer(tool: str, number: int, content: Any, failed: bool = False) -> Answer:
    """A result, decoded where it is JSON: error, empty, object, list, number, boolean or text."""
    value = decoded(content) if isinstance(content, str) else content
    kept = cut(value, MAX_RESULT)
    length = len(value) if isinstance(value, list) and not failed else None
    kind = "error" if failed else _kind(value)
    return Answer(tool, number, kept, kind, length, kept is not value)


def _kind(value: Any) -> str:
    match value:
        case None | "" | {} | [] if not value:
            return "empty"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case list():
            return "list"
        case dict():
            return "error" if _says_error(value) else "object"
    return "error" if value.lstrip().lower().startswith(_FAILED) else "text"


def decoded(text: str) -> Any:
    """The JSON in `text`, or the text itself where there is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _says_error(value: dict[str, Any]) -> bool:
    flags = value.get("error") or value.get("isError") is True or value.get("is_error") is True
    return bool(flags) or value.get("success") is False or value.get("status") in _STATUSES
