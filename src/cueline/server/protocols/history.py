"""The messages of a request to turns, by the readers that read transcripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import inner
from cueline.corpus.transcripts.events import Call, Event, StepEnded, SystemSaid
from cueline.corpus.transcripts.turns import NO_CALL, turns_of
from cueline.dialogue import Turn
from cueline.errors import CorpusError, Place
from cueline.server.errors import LimitExceededError
from cueline.server.limits import Limits

ReadMessage = Callable[[dict[str, Any], Place, Account], Iterator[Event]]
MESSAGES_A_TURN = 4
_PARTS = ("part ", "item ")
"""What an account calls the parts that hold something and are not read."""


class History(NamedTuple):
    """A dialogue so far."""

    turns: list[Turn]
    """The last one is to come: what is known before it."""
    unread: bool
    """Whether it has parts that are not read."""


def history(messages: Sequence[dict[str, Any]], path: str, read: ReadMessage) -> History:
    """The dialogue that `messages`, which stand at `path`, tell. Raises `CorpusError`."""
    place, events, unread = Place("request", path=path), list[Event](), False
    for number, message in enumerate(messages):
        account = Account()
        said = list(read(message, inner(place, number), account))
        own = message.get("role") == "assistant" or any(map(_is_own, said))
        missed = any(kind.startswith(_PARTS) for kind in account.ignored)
        unread = not own and (unread or missed)
        events += said
    made = turns_of([*events, SystemSaid("")])
    if NO_CALL in made.left_out:
        raise CorpusError(f"{place} a result of a call that is not in the messages; send the call")
    return History(made.turns, unread)


def bounded(messages: Sequence[Any], path: str, limits: Limits) -> None:
    """Raise `LimitExceededError` where there are more messages than `limits` allow."""
    most = MESSAGES_A_TURN * limits.turns
    if len(messages) > most:
        raise LimitExceededError(f"{path}: more than {most}")


def _is_own(event: Event) -> bool:
    return isinstance(event, SystemSaid | Call | StepEnded)
