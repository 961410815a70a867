"""A dialogue put together of pieces, of which each may repeat what is known."""

from __future__ import annotations

from operator import eq
from typing import Any

from msgspec import Struct, field

from cueline.corpus.transcripts.events import Call, Event, Result, StepEnded, ToolsOffered
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place


class Conversation(Struct, kw_only=True):
    """A dialogue: its number among those of the file, and what its pieces say."""

    number: int
    place: Place
    events: list[Event]
    id: str | None = None
    offers: list[tuple[int, ToolsOffered]] = []
    """The tools offered, and before which event."""
    lengths: dict[str, int] = field(default_factory=dict)
    """How many events there were at the end of each piece that has a name."""
    meta: dict[str, Any] = field(default_factory=dict)
    agent: str | None = None
    """Who answers, where a trace says so."""
    start: float | None = None
    """When it began."""
    unnamed: bool = False
    """Whether it is a trace that names no conversation."""

    def with_offers(self) -> list[Event]:
        """The events with each offer in its place."""
        if not self.offers:
            return self.events
        found, done = list[Event](), 0
        for at, offer in self.offers:
            found += self.events[done:at]
            found.append(offer)
            done = at
        return found + self.events[done:]

    @property
    def schemas(self) -> dict[str, Any]:
        """The schema of each tool that was offered, as it was defined last."""
        return {name: one for _, offer in self.offers for name, one in offer.schemas.items()}

    def takes(self, piece: Piece) -> bool:
        """Whether `piece`, which repeats nothing of this dialogue, goes on from its end."""
        match piece.events:
            case [Result(call_id=str(id)), *_]:
                return any(isinstance(event, Call) and event.id == id for event in self.events)
        return piece.span is None or (piece.span.adds and piece.span.agent == self.agent)

    def extend(self, piece: Piece, events: list[Event]) -> None:
        """Add the `events` that `piece` adds."""
        if piece.offered is not None and piece.offered not in [o for _, o in self.offers[-1:]]:
            self.offers.append((len(self.events), piece.offered))
        self.events += events
        self.meta.update(piece.meta)
        if piece.name is not None:
            self.lengths[piece.name] = len(self.events)

    def remember(self, earlier: Conversation) -> None:
        """Take what was offered in `earlier`, which this one repeats, and what its steps took."""
        length = len(earlier.events)
        self.events = earlier.events + self.events[length:]
        own = [(max(at, length), offer) for at, offer in self.offers]
        self.offers = earlier.offers + own


def alone(number: int, piece: Piece) -> Conversation:
    """The dialogue of one piece."""
    whole = Conversation(
        number=number,
        place=piece.place,
        events=[],
        id=piece.id or piece.thread,
        agent=None if piece.span is None else piece.span.agent,
        start=piece.start,
        unnamed=piece.span is not None and piece.thread is None,
    )
    whole.extend(piece, piece.events)
    return whole


def begins_with(events: list[Event], known: list[Event]) -> bool:
    """Whether `events` begin with `known`, and there are more."""
    return 0 < len(known) < len(events) and all(map(eq, known, events))


def repeated_by_later(traces: list[Conversation]) -> list[Conversation]:
    """Those of `traces`, in order of start, that a later one repeats and goes on.

    Those that repeat them take over what was offered in them.
    """
    by_start: dict[str, list[Conversation]] = {}
    found: list[Conversation] = []
    for whole in reversed(traces):
        later = by_start.setdefault(repr(whole.events[:1]), [])
        repeating = [other for other in later if begins_with(other.events, whole.events)]
        for other in repeating:
            other.remember(whole)
        found += [whole] if repeating else []
        later.append(whole)
    return found


def go_on(ways: list[Conversation], piece: Piece, number: int) -> bool:
    """Add `piece` to the way of its thread that it goes on from, else begin a new way.

    Returns whether it repeated a way. A thread has several ways where the dialogue was taken up
    again in the middle, as when an answer was asked for twice.
    """
    if piece.after is not None:
        for way in ways:
            if piece.after in way.lengths:
                _go_on_from(ways, way, way.lengths[piece.after], piece)
                return False
    elif piece.repeats:
        for way in reversed(ways):
            known = _known_of(way.events, piece.events)
            if known is not None:
                way.extend(piece, piece.events[known:])
                return True
        if any(way.events[:1] == piece.events[:1] for way in ways):
            _begin(ways, piece, number)
            return False
    if piece.after is None:
        for way in reversed(ways):
            if way.takes(piece):
                way.extend(piece, piece.events)
                return False
    _begin(ways, piece, number)
    return False


def _begin(ways: list[Conversation], piece: Piece, number: int) -> None:
    way = alone(number, piece)
    if way.id is not None and ways:
        way.id = f"{way.id}-{len(ways) + 1}"
    ways.append(way)


def _go_on_from(ways: list[Conversation], way: Conversation, length: int, piece: Piece) -> None:
    """Go on from the first `length` events of `way`: a way of its own if there are more."""
    if length < len(way.events):
        offers = [(at, offer) for at, offer in way.offers if at <= length]
        events, lengths = (
            way.events[:length],
            {n: at for n, at in way.lengths.items() if at <= length},
        )
        number, place, meta = way.number, way.place, dict(way.meta)
        way = Conversation(
            number=number, place=place, events=events, offers=offers, lengths=lengths, meta=meta
        )
        ways.append(way)
    way.extend(piece, piece.events)


def _known_of(known: list[Event], asked: list[Event]) -> int | None:
    """How many events of `asked` are known, where it repeats a part of `known` or all of it.

    It may begin later than `known`, as a window of the last messages does, or leave things out, as
    the span of an agent leaves out its calls of the model.
    """
    for start in range(len(known)):
        size = min(len(known) - start, len(asked))
        if known[start : start + size] == asked[:size] and not _only_ends(asked[:size]):
            return size
    left = iter(known)
    return len(asked) if all(any(event == other for other in left) for event in asked) else None


def _only_ends(events: list[Event]) -> bool:
    return all(isinstance(event, StepEnded) for event in events)
