r"""Glaive's function calls as they are published: a dialogue as one text.

    {"system": "SYSTEM: You have access to the following functions -\n{\"name\": \"track\", ...}",
     "chat": "USER: Where is my parcel?\n\n\nASSISTANT: <functioncall> {\"name\": \"track\",
              \"arguments\": '{\"n\": 7}'} <|endoftext|>\n\n\nFUNCTION RESPONSE: {...}\n\n\n..."}

What the assistant says up to the next speaker is a turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import as_object, as_text, inner, refuse
from cueline.corpus.transcripts.events import STEP_ENDED, Event, Result, SystemSaid, UserSaid
from cueline.corpus.transcripts.messages import EMPTY
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.prompt_tools import named_in_prompt
from cueline.corpus.transcripts.records import whole
from cueline.corpus.transcripts.text_calls import words_and_calls
from cueline.errors import Place

_END = "<|endoftext|>"
_CHAT = re.compile(r"\s*(?:USER|ASSISTANT|FUNCTION RESPONSE):")
_SPEAKER = re.compile(r"(?:^|\n)[ \t]*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*")


def recognises(record: Outline) -> bool:
    """Whether there is a `chat` in which `USER:` or `ASSISTANT:` speaks."""
    chat = record.value.get("chat") if isinstance(record.value, dict) else None
    return isinstance(chat, str) and _CHAT.match(chat) is not None


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells."""
    record = as_object(value, place, "a record")
    chat = as_text(record.get("chat"), inner(place, "chat"), "a `chat`")
    events = list(_events(chat, inner(place, "chat"), account))
    system = record.get("system") or ""
    offered = named_in_prompt(as_text(system, inner(place, "system"), "a `system`"))
    yield whole(record, place, account, events, offered, {"chat", "system"}, repeats=False)


def _events(chat: str, place: Place, account: Account) -> Iterator[Event]:
    before, *parts = _SPEAKER.split(chat)
    if before.strip():
        refuse(place, "a chat begins with `USER:` or `ASSISTANT:`")
    for speaker, said in zip(parts[::2], parts[1::2], strict=True):
        text = said.replace(_END, "").strip()
        if speaker == "USER":
            yield UserSaid(text)
        elif speaker != "ASSISTANT":
            yield Result(text)
        else:
            if not text:
                account.ignore(EMPTY, place)
            for part in words_and_calls(text, place, account) if text else ():
                yield SystemSaid(part) if isinstance(part, str) else part
            yield STEP_ENDED
