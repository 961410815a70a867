r"""OpenAI chat messages with `tool_calls`, the older `function_call`, or calls in their words.

    {"messages": [{"role": "user", "content": "Where is my parcel?"},
                  {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function",
                   "function": {"name": "track", "arguments": "{\"parcel\": 7}"}}]},
                  {"role": "tool", "tool_call_id": "c1", "content": "{\"status\": \"sent\"}"},
                  {"role": "assistant", "content": "It is on its way."}]}

Each message of the assistant is a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import ROLES
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place


def recognises(record: Outline) -> bool:
    """Whether there are messages, and all speak in the roles of OpenAI."""
    return bool(record.roles) and "role" in record.message_keys and record.roles <= ROLES.keys()


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)
