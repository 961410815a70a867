"""One message in whatever dialect it is: what traces and logs hold of requests and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from cueline.corpus.account import Account
from cueline.corpus.formats.ai_sdk import model_messages, ui_messages
from cueline.corpus.formats.anthropic import messages as anthropic
from cueline.corpus.formats.bedrock import converse
from cueline.corpus.formats.cohere import messages as cohere
from cueline.corpus.formats.gemini import contents
from cueline.corpus.formats.langchain import messages as langchain
from cueline.corpus.formats.llamaindex import messages as llamaindex
from cueline.corpus.formats.mistral import messages as mistral
from cueline.corpus.formats.ollama import messages as ollama
from cueline.corpus.formats.openai import messages as openai
from cueline.corpus.formats.openai.response_items import ITEMS, item_events
from cueline.corpus.formats.otel import messages as otel
from cueline.corpus.transcripts.closed_world import as_object, inner, name_in
from cueline.corpus.transcripts.events import STEP_ENDED, Event, SystemSaid, UserSaid
from cueline.corpus.transcripts.messages import MessageReader
from cueline.errors import Place


class MessageDialect(Protocol):
    """What a module offers that reads one message at a time."""

    READER: MessageReader

    def recognises_message(self, message: dict[str, Any]) -> bool:
        """Whether `message` looks like this dialect; it never raises."""


DIALECTS: tuple[MessageDialect, ...] = (
    otel,
    contents,
    langchain,
    llamaindex,
    model_messages,
    ui_messages,
    converse,
    anthropic,
    cohere,
    ollama,
    mistral,
)
"""In the order in which they are asked; a message that none recognises is one of OpenAI's."""


def message_events(message: Any, place: Place, account: Account) -> Iterator[Event]:
    """What happens in one message of any dialect; raises `CorpusError` at what none has."""
    value = as_object(message, place, "a message")
    for dialect in DIALECTS:
        if dialect.recognises_message(value):
            return dialect.READER.events(value, place, account)
    if "role" not in value and name_in(value, "type") in ITEMS:
        return item_events(value, place, account)
    return openai.READER.events(value, place, account)


def asked(value: Any, place: Place, account: Account) -> list[Event]:
    """What a model was asked: messages, one message, or words of the user."""
    if isinstance(value, str):
        return [UserSaid(value)] if value else []
    return _events(value, place, account, asked)


def answered(value: Any, place: Place, account: Account) -> list[Event]:
    """What a model answered: messages, one message, or words."""
    if isinstance(value, str):
        return [SystemSaid(value), STEP_ENDED] if value else []
    return _events(value, place, account, answered)


def _events(
    value: Any,
    place: Place,
    account: Account,
    of_words: Callable[[Any, Place, Account], list[Event]],
) -> list[Event]:
    if not isinstance(value, list):
        return list(message_events(value, place, account)) if value else []
    found: list[Event] = []
    for number, one in enumerate(value):
        where = inner(place, number)
        of_one = of_words if isinstance(one, str) else message_events
        found += of_one(one, where, account)
    return found
