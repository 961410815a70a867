r"""ShareGPT's conversations, with calls as messages of their own or in the words of the system.

    {"conversations": [{"from": "human", "value": "Where is my parcel?"},
                       {"from": "function_call", "value": "{\"name\": \"track\", ...}"},
                       {"from": "observation", "value": "{\"status\": \"sent\"}"},
                       {"from": "gpt", "value": "It is on its way."}],
     "tools": "[{\"name\": \"track\", ...}]"}

Hermes writes calls as `<tool_call>` and the tools into the system's prompt, ToolACE calls in square
brackets. Each message of the system is a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER as OPENAI
from cueline.corpus.transcripts.closed_world import names
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

ROLES = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "bing", "bard", "model"), "assistant"),
    **dict.fromkeys(("function_call", "function-call", "tool_call"), "call"),
    **dict.fromkeys(
        ("observation", "tool", "function_response", "function-response", "tool_response"), "tool"
    ),
    "system": "system",
}
READER = MessageReader(
    keys=names("from value weight train loss name tool_call_id"),
    ignored=OPENAI.ignored | names("text markdown html loss"),
    reasoning=OPENAI.reasoning,
    parts=OPENAI.parts,
    ignored_parts=OPENAI.ignored_parts,
    roles=ROLES,
    role_key="from",
    content_key="value",
)


def recognises(record: Outline) -> bool:
    """Whether there are messages `from` someone with a `value`."""
    return {"from", "value"} <= record.message_keys


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The conversation that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)
