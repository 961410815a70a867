"""Messages as OpenAI's chats hold them, and what is read of them."""

from __future__ import annotations

import json
from typing import Any

from cueline.corpus import FORMATS
from cueline.dialogue import Dialogue, Turn
from tests.corpus.damage import read_bytes

Json = dict[str, Any]
openai_chat = FORMATS["openai"]


def user(text: Any) -> Json:
    return {"role": "user", "content": text}


def says(text: Any) -> Json:
    return {"role": "assistant", "content": text}


def calls(*names: str, text: str | None = None) -> Json:
    made = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": '{"n": 1}'}}
        for n, name in enumerate(names)
    ]
    return {"role": "assistant", "content": text, "tool_calls": made}


def result(text: str, number: int = 0) -> Json:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text}


def dialogue(*messages: Json, **keys: Any) -> Dialogue:
    content = json.dumps({"messages": messages, **keys}).encode()
    (read,) = read_bytes(openai_chat, content, "chat.json")
    return read


def turns(*messages: Json, **keys: Any) -> tuple[Turn, ...]:
    return dialogue(*messages, **keys).turns


PARCEL = [
    {"role": "system", "content": "Be kind."},
    user("Where is my parcel?"),
    calls("track"),
    result('{"status": "sent"}'),
    says("On its way."),
    user("Thanks"),
    says("Bye"),
]
