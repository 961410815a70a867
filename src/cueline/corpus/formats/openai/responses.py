"""Agent transcripts as items of OpenAI's Responses API.

    {"input": [{"role": "user", "content": "Where is my parcel?"},
               {"type": "function_call", "call_id": "c1", "name": "track", "arguments": "{}"},
               {"type": "function_call_output", "call_id": "c1", "output": "sent"}],
     "output": [{"type": "message", "role": "assistant",
                 "content": [{"type": "output_text", "text": "It is on its way."}]}],
     "tools": [{"type": "function", "name": "track"}]}

A file is JSON Lines of such objects, a JSON list of them, or a list of items. Calls and words of
the system that follow one another, with nothing in between, are one turn. Turns, features and
`meta["calls"]` are those of the format `openai`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.decoding import convert, decode
from cueline.corpus.formats.openai.messages import Message
from cueline.corpus.formats.openai.transcripts import as_text, call, tool_names, transcript
from cueline.corpus.json_stream import items
from cueline.dialogue import Dialogue
from cueline.errors import corpus_error

_ITEM = re.compile(r'"type"\s*:\s*"(?:function_call|function_call_output|output_text|input_text)"')
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_KEYS = ("input", "items", "output")


class _Item(Struct):
    """A message, a call, its result, or anything else, such as reasoning."""

    type: str = "message"
    role: str | None = None
    content: str | list[Any] | None = None
    call_id: str | None = None
    name: Annotated[str, Meta(min_length=1)] | None = None
    arguments: str | None = None
    input: str | None = None
    output: Any = None


class _Talk(Struct):
    input: str | list[_Item] = []
    items: list[_Item] = []
    output: list[_Item] = []
    tools: list[Any] | None = None

    @property
    def all(self) -> list[_Item]:
        said = self.input
        asked = [_Item(role="user", content=said)] if isinstance(said, str) else said
        return [*asked, *self.items, *self.output]


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins with items such as `function_call` or `output_text`."""
    starts = head.lstrip("\ufeff \n\r\t")[:1]
    return starts in ("{", "[") and _ITEM.search(head) is not None


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""
    for number, (talk, keys) in enumerate(_talks(path), start=1):
        offered = None if talk.tools is None else tool_names(talk.tools)
        found = transcript(path, number, _messages(talk.all), offered, keys)
        if found is not None:
            yield found


def _talks(path: Path) -> Iterator[tuple[_Talk, dict[str, Any]]]:
    """Each dialogue with the keys of its object; items on their own are one dialogue."""
    loose: list[_Item] = []
    for place, text in items(path):
        value = decode(text, _json, place)
        if isinstance(value, list):
            yield _Talk(items=convert(value, list[_Item], place)), {}
        elif isinstance(value, dict) and ("type" in value or "role" in value):
            loose.append(convert(value, _Item, place))
        elif isinstance(value, dict) and any(key in value for key in _KEYS):
            keys = {k: v for k, v in value.items() if k not in (*_KEYS, "instructions")}
            yield convert(value, _Talk, place), keys
        else:
            raise corpus_error(place, "expected an object with `input`, `items` or `output`")
    if loose:
        yield _Talk(items=loose), {}


def _messages(found: Iterable[_Item]) -> Iterator[Message]:
    done = Message("assistant")
    for item in found:
        if item.role == "assistant":
            texts = filter(None, (done.text, Message("assistant", content=item.content).text))
            done = msgspec.structs.replace(done, content="\n".join(texts))
        elif item.type.endswith("_call"):
            name = item.name or item.type.removesuffix("_call")
            made = call(name, item.arguments or item.input, item.call_id)
            done = msgspec.structs.replace(done, tool_calls=[*(done.tool_calls or ()), made])
        elif item.role in ("user", "system", "developer") or item.type.endswith("_call_output"):
            if done.text or done.tool_calls:
                yield done
            done = Message("assistant")
            yield _heard(item)
    if done.text or done.tool_calls:
        yield done


def _heard(item: _Item) -> Message:
    if item.type.endswith("_call_output"):
        text = "" if item.output is None else as_text(item.output)
        return Message("tool", content=text, tool_call_id=item.call_id)
    return Message("user" if item.role == "user" else "system", content=item.content)
