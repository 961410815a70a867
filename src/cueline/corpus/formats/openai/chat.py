r"""LLM chat transcripts: OpenAI chat messages with `tool_calls`, or the older `function_call`.

    {"messages": [{"role": "user", "content": "Where is my parcel?"},
                  {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function",
                   "function": {"name": "track", "arguments": "{\"parcel\": 7}"}}]},
                  {"role": "tool", "tool_call_id": "c1", "content": "{\"status\": \"sent\"}"},
                  {"role": "assistant", "content": "It is on its way."}]}

A file is JSON Lines of such objects, a JSON list of them, a single one, or a list of messages;
tau-bench's `traj` counts as `messages`. Each assistant message is a turn: its tool calls are the
actions, a plain answer is the action `respond`. `meta["calls"]` has for each turn its calls with
arguments and results; other keys of the object that hold a single value are in `meta` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.decoding import convert, decode
from cueline.corpus.formats.openai.messages import Chat, Message
from cueline.corpus.formats.openai.turns import turns
from cueline.corpus.json_stream import items
from cueline.dialogue import Dialogue
from cueline.errors import corpus_error

_CHAT = re.compile(r'"(?:messages|traj)"\s*:\s*\[')
_ROLE = re.compile(r'"role"\s*:\s*"(?:system|developer|user|assistant|tool|function)"')
_MESSAGE_FIRST = re.compile(r'\[\s*\{\s*"(?:role|content|tool_calls|name)"\s*:')
_OF_OTHERS = re.compile(r'"type"\s*:\s*"(?:tool_use|tool_result|function_call_output)"')
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins with a list `messages` or `traj`, or is a list of messages."""
    head = head.lstrip("\ufeff \n\r\t")
    return (
        head[:1] in ("{", "[")
        and _ROLE.search(head) is not None
        and (_CHAT.search(head) or _MESSAGE_FIRST.match(head)) is not None
        and not _OF_OTHERS.search(head)
    )


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""
    for number, (chat, keys) in enumerate(_chats(path), start=1):
        done, calls = turns(chat.messages or chat.traj or [], chat.offered)
        if done:
            single = {k: v for k, v in keys.items() if isinstance(v, str | int | float)}
            name = str(single.pop("id", "")) or f"{path.stem}-{number}"
            yield Dialogue(name, tuple(done), {"source": path.name, **single, "calls": calls})


def _chats(path: Path) -> Iterator[tuple[Chat, dict[str, Any]]]:
    """Each dialogue with the keys of its object; messages on their own are one dialogue."""
    loose: list[Message] = []
    for place, text in items(path):
        value = decode(text, _json, place)
        if isinstance(value, list):
            yield Chat(messages=convert(value, list[Message], place)), {}
        elif isinstance(value, dict) and ("messages" in value or "traj" in value):
            yield convert(value, Chat, place), value
        elif isinstance(value, dict) and "role" in value:
            loose.append(convert(value, Message, place))
        else:
            what = "expected an object with `messages`, or a message with `role`"
            raise corpus_error(place, what)
    if loose:
        yield Chat(messages=loose), {}
