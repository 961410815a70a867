"""What people said would have been right, turn by turn: the latest counts, unless it was withdrawn.

A correction to what was decided confirms it. Of several people each has a say, so that it is seen
where they disagree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from cueline.dialogue import Turn
from cueline.errors import CorpusError
from cueline.server.domain.state_replay import turns
from cueline.server.errors import RequestError
from cueline.server.events import Corrected, Event, Withdrawn


def corrections(events: Iterable[Event]) -> dict[int, Corrected]:
    """The correction that counts, by turn."""
    return {turn: said[-1] for turn, said in opinions(events).items()}


def opinions(events: Iterable[Event]) -> dict[int, list[Corrected]]:
    """The latest correction of each author, the latest of all last, by turn."""
    by_turn: defaultdict[int, dict[str | None, Corrected]] = defaultdict(dict)
    for event in events:
        if isinstance(event, Corrected):
            by_turn[event.turn].pop(event.author, None)
            by_turn[event.turn][event.author] = event
        elif isinstance(event, Withdrawn):
            by_turn.pop(event.turn, None)
    return {turn: list(said.values()) for turn, said in by_turn.items()}


def check_fits(events: Iterable[Event], correction: Corrected) -> None:
    """Raise `RequestError` where spans or arguments do not fit the turn that is corrected."""
    for event in turns(events):
        if event.turn == correction.turn:
            try:
                corrected_turn(event.said, correction)
            except CorpusError as error:
                raise RequestError(422, f"$: {error}") from None


def corrected_turn(said: Turn, correction: Corrected) -> Turn:
    """The turn with what is right at it; raises `CorpusError` where that does not fit it."""
    return replace(
        said,
        actions=correction.actions,
        spans=said.spans if correction.spans is None else correction.spans,
        arguments=correction.arguments or {},
    )
