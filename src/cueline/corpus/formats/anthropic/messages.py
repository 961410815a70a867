"""Agent transcripts as Anthropic's Messages API has them, with `tool_use` and `tool_result`.

    {"messages": [{"role": "user", "content": "Where is my parcel?"},
                  {"role": "assistant", "content": [{"type": "text", "text": "Let me look."},
                   {"type": "tool_use", "id": "t1", "name": "track", "input": {"parcel": 7}}]},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                   "content": "sent"}]},
                  {"role": "assistant", "content": "It is on its way."}],
     "tools": [{"name": "track", "input_schema": {...}}]}

Turns, features and `meta["calls"]` are those of the format `openai`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.decoding import convert, decode
from cueline.corpus.formats.openai.messages import Message
from cueline.corpus.formats.openai.transcripts import as_text, call, tool_names, transcript
from cueline.corpus.json_stream import items
from cueline.dialogue import Dialogue
from cueline.errors import corpus_error

_BLOCK = re.compile(r'"type"\s*:\s*"(?:tool_use|tool_result)"')
_MESSAGES = re.compile(r'"role"\s*:\s*"(?:user|assistant)"')
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class _Block(Struct):
    type: str
    text: str | None = None
    name: Annotated[str, Meta(min_length=1)] | None = None
    id: str | None = None
    input: Any = None
    tool_use_id: str | None = None
    content: Any = None
    is_error: bool | None = None


class _Message(Struct):
    role: Literal["user", "assistant", "system"]
    content: str | list[_Block]


class _Chat(Struct):
    messages: list[_Message]
    tools: list[Any] | None = None


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins with messages in which tools are used or answer."""
    starts = head.lstrip("\ufeff \n\r\t")[:1]
    return starts in ("{", "[") and bool(_BLOCK.search(head) and _MESSAGES.search(head))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""
    for number, (chat, keys) in enumerate(_chats(path), start=1):
        messages = [part for message in chat.messages for part in _parts(message)]
        offered = None if chat.tools is None else tool_names(chat.tools)
        found = transcript(path, number, messages, offered, keys)
        if found is not None:
            yield found


def _chats(path: Path) -> Iterator[tuple[_Chat, dict[str, Any]]]:
    """Each dialogue with the keys of its object; messages on their own are one dialogue."""
    loose: list[_Message] = []
    for place, text in items(path):
        value = decode(text, _json, place)
        if isinstance(value, list):
            yield _Chat(convert(value, list[_Message], place)), {}
        elif isinstance(value, dict) and "messages" in value:
            keys = {key: value for key, value in value.items() if key != "system"}
            yield convert(value, _Chat, place), keys
        elif isinstance(value, dict) and "role" in value:
            loose.append(convert(value, _Message, place))
        else:
            what = "expected an object with `messages`, or a message with `role`"
            raise corpus_error(place, what)
    if loose:
        yield _Chat(loose), {}


def _parts(message: _Message) -> Iterator[Message]:
    """A message of ours for each result in it, and one for the words and calls."""
    if isinstance(message.content, str):
        yield Message(message.role, content=message.content)
        return
    blocks = message.content
    for block in blocks:
        if block.type.endswith("tool_result"):
            yield Message("tool", content=_result(block), tool_call_id=block.tool_use_id)
    texts = [block.text for block in blocks if block.type == "text" and block.text]
    calls = [call(b.name, b.input, b.id) for b in blocks if b.type in _CALLS and b.name]
    if texts or calls or message.role == "assistant":
        yield Message(message.role, content="\n".join(texts), tool_calls=calls)


def _result(block: _Block) -> str:
    """The texts of a result, or all of it; one that is an error says so first."""
    content = block.content
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n".join(text for text in texts if isinstance(text, str)) or content
    text = "" if content is None else as_text(content)
    return f"Error: {text}" if block.is_error else text
