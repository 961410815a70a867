r"""Glaive's function calls as they are published: a talk as one text.

    {"system": "SYSTEM: You have access to the following functions -\n{\"name\": \"track\", ...}",
     "chat": "USER: Where is my parcel?\n\n\nASSISTANT: <functioncall> {\"name\": \"track\",
              \"arguments\": '{\"n\": 7}'} <|endoftext|>\n\n\nFUNCTION RESPONSE: {...}\n\n\n..."}

Turns, features and `meta["calls"]` are those of the format `openai`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cueline.corpus.account import Account
from cueline.corpus.decoding import decode
from cueline.corpus.formats.openai.messages import Message
from cueline.corpus.formats.openai.transcripts import call, tool_names, transcript
from cueline.corpus.json_stream import items
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

CALL = "<functioncall>"
_END = "<|endoftext|>"
_CHAT = re.compile(r'"chat"\s*:\s*"\s*(?:USER|ASSISTANT|A|FUNCTION RESPONSE):')
_SPEAKER = re.compile(r"(?:^|\n)[ \t]*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*")
_NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')
_QUOTED = re.compile(r"\"arguments\"\s*:\s*'(.*)'\s*\}", re.DOTALL)
_PLAIN = re.compile(r'"arguments"\s*:\s*(\{.*\})\s*\}', re.DOTALL)


class _Talk(Struct):
    chat: str
    system: str = ""


_talks = msgspec.json.Decoder(_Talk)


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins with a `chat` in which `USER:` or `ASSISTANT:` speaks."""
    return head.lstrip("\ufeff \n\r\t")[:1] in ("{", "[") and _CHAT.search(head) is not None


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""
    for number, (place, text) in enumerate(items(path), start=1):
        talk = decode(text, _talks, place)
        found = transcript(path, number, _messages(talk.chat, place), _offered(talk.system), {})
        if found is not None:
            yield found


def _messages(chat: str, place: Place) -> Iterator[Message]:
    before, *parts = _SPEAKER.split(chat)
    if before.strip():
        what = "a chat begins with `USER:` or `ASSISTANT:`"
        raise corpus_error(Place(place.file, place.line, f"{place.path or '$'}.chat"), what)
    for speaker, said in zip(parts[::2], parts[1::2], strict=True):
        text = said.replace(_END, "").strip()
        if speaker == "USER":
            yield Message("user", content=text)
        elif speaker != "ASSISTANT":
            yield Message("tool", content=text)
        else:
            words, _, called = text.partition(CALL)
            name = _NAME.search(called)
            calls = [call(name[1], _arguments(called))] if name else []
            yield Message("assistant", content=words.strip(), tool_calls=calls)


def _arguments(called: str) -> str | None:
    """The arguments as JSON; they stand in single quotes, which are none of JSON's."""
    found = _QUOTED.search(called) or _PLAIN.search(called)
    return found[1] if found else None


def _offered(system: str) -> list[str]:
    """The names of the functions that stand, as JSON objects, in what the system is told."""
    decoder, tools, at = json.JSONDecoder(), list[Any](), system.find("{")
    while at >= 0:
        try:
            tool, end = decoder.raw_decode(system, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            tools.append(tool)
        at = system.find("{", end)
    return tool_names(tools)
