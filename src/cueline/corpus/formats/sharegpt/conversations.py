"""Agent transcripts as ShareGPT has them, with function calls as in Glaive's data.

    {"conversations": [{"from": "human", "value": "Where is my parcel?"},
                       {"from": "function_call", "value": "{\\"name\\": \\"track\\", ...}"},
                       {"from": "observation", "value": "{\\"status\\": \\"sent\\"}"},
                       {"from": "gpt", "value": "It is on its way."}],
     "tools": "[{\\"name\\": \\"track\\", ...}]"}

Turns, features and `meta["calls"]` are those of the format `openai`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from cueline.corpus.account import Account
from cueline.corpus.decoding import convert, decode
from cueline.corpus.formats.openai.messages import Message
from cueline.corpus.formats.openai.transcripts import call, tool_names, transcript
from cueline.corpus.json_stream import items
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

_TALK = re.compile(r'"conversations"\s*:\s*\[')
_FROM = re.compile(r'"from"\s*:\s*"')
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class _Said(Struct):
    who: Literal[
        "human", "user", "gpt", "assistant", "system", "function_call", "observation", "tool"
    ] = field(name="from")
    value: str


class _Talk(Struct):
    conversations: list[_Said]
    tools: str | list[Any] | None = None


class _Call(Struct):
    name: str
    arguments: Any = None


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins with `conversations` of things said `from` someone."""
    starts = head.lstrip("\ufeff \n\r\t")[:1]
    return starts in ("{", "[") and bool(_TALK.search(head) and _FROM.search(head))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""
    for number, (place, text) in enumerate(items(path), start=1):
        value = decode(text, _json, place)
        talk = convert(value, _Talk, place)
        messages = _messages(talk.conversations, place)
        found = transcript(path, number, messages, _offered(talk.tools), _keys(value))
        if found is not None:
            yield found


def _messages(said: list[_Said], place: Place) -> Iterator[Message]:
    for number, one in enumerate(said):
        if one.who == "function_call":
            where = f"{place.path or '$'}.conversations[{number}].value"
            calls = _calls(one.value, Place(place.file, place.line, where))
            yield Message("assistant", tool_calls=calls)
        elif one.who in ("observation", "tool"):
            yield Message("tool", content=one.value)
        elif one.who in ("human", "user"):
            yield Message("user", content=one.value)
        elif one.who != "system":
            yield Message("assistant", content=one.value)


def _calls(text: str, place: Place) -> list[Any]:
    value = decode(text.encode(), _json, Place(place.file, None, place.path))
    calls = convert(value if isinstance(value, list) else [value], list[_Call], place)
    if not all(one.name for one in calls):
        raise corpus_error(place, "a call of a function without a name")
    return [call(one.name, one.arguments) for one in calls]


def _offered(tools: str | list[Any] | None) -> list[str] | None:
    """The names of the tools; they are JSON in a string, and none at all where it is empty."""
    if tools is None:
        return None
    try:
        return tool_names(msgspec.json.decode(tools or "[]") if isinstance(tools, str) else tools)
    except (msgspec.DecodeError, RecursionError):
        return None


def _keys(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in value.items() if key not in ("tools", "system")}
