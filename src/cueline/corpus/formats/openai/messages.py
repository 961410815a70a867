"""OpenAI's chat messages: which keys and parts they have, also in the hands of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import as_text, inner, names
from cueline.corpus.transcripts.events import Event
from cueline.corpus.transcripts.messages import MessageReader, Part, text_part
from cueline.errors import Place

KEYS = names(
    "role content refusal audio tool_calls function_call tool_call_id name weight train loss"
    " requestor error is_error"
)
IGNORED = names(
    "id object type index created created_at timestamp time date status annotations metadata"
    " model usage finish_reason stop_reason logprobs language lang country state header"
    " hashed_ip toxic redacted openai_id temperature top_p turn_identifier turn_idx cost"
    " raw_data parsed prefix end_turn cache_control provider_specific_fields channel recipient"
    " conversation_id conversationId session_id sessionId thread_id threadId chat_id chatId"
)
REASONING = names("reasoning_content reasoning reasoning_details")
KNOWN = KEYS | IGNORED | REASONING
"""The keys that say something, or nothing that matters."""
IGNORED_PARTS = names("image_url image input_image input_audio audio file input_file video_url")


def _refusal(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield as_text(part.get("refusal"), inner(place, "refusal"), "a refusal")


def _reasoning(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    account.ignore("reasoning", place)
    yield from ()


PARTS = {
    "text": text_part,
    "input_text": text_part,
    "output_text": text_part,
    "refusal": _refusal,
    "reasoning": _reasoning,
}
READER = MessageReader(
    keys=KEYS,
    ignored=IGNORED,
    reasoning=REASONING,
    parts=PARTS,
    ignored_parts=IGNORED_PARTS,
)


def message_events(message: Any, place: Place, account: Account) -> Iterator[Event]:
    """What happens in a message."""
    return READER.events(message, place, account)
