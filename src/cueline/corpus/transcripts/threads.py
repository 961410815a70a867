"""Pieces become dialogues, each read once: snapshots, chains of responses, spans in any order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice

from cueline.corpus.transcripts.chains import Chains, parents_first
from cueline.corpus.transcripts.conversation import (
    Conversation,
    alone,
    begins_with,
    go_on,
    repeated_by_later,
)
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.spans import conversations

OPEN_THREADS = 1000
"""Threads that may go on at the same time; the one that waits longest ends before another."""
REMEMBERED = 100_000
"""Threads that have ended and whose names are still known."""
REPEATED = "records that a later record repeats"
TOO_LATE = "dialogues that go on after many others, each read as two"
NO_START = "dialogues that go on from a response which is not in the file"


class Threads:
    """The dialogues of one file that have not ended yet; `left_out` counts what was not joined."""

    def __init__(self) -> None:
        self.left_out: dict[str, int] = {}
        self._count = 0
        self._snapshots: list[Conversation] = []
        self._threads: OrderedDict[str, _Thread] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._chains = Chains()

    def add(self, piece: Piece) -> Iterator[Conversation]:
        """Take a piece; give the dialogues that end by it."""
        named = (piece.thread, piece.name, piece.after, piece.span)
        if any(one is not None for one in named):
            yield from self._add_to_thread(piece)
            return
        self._count += 1
        whole = alone(self._count, piece)
        if piece.repeats:
            self._forget_snapshot_in(whole, piece.looks_back)
            self._snapshots.append(whole)
            while len(self._snapshots) > piece.looks_back:
                yield self._snapshots.pop(0)
        else:
            yield from self._snapshots
            self._snapshots.clear()
            yield whole

    def rest(self) -> list[Conversation]:
        """The dialogues that end with the file, in the order in which they began."""
        found = self._snapshots
        for key in list(self._threads):
            found += self._end(key)
        self._snapshots = []
        in_order = sorted(found, key=_began)
        again = {id(one) for one in repeated_by_later([one for one in in_order if one.unnamed])}
        for _ in again:
            self._leave_out(REPEATED)
        return [one for one in in_order if id(one) not in again]

    def _forget_snapshot_in(self, whole: Conversation, looks_back: int) -> None:
        """Forget the last open snapshot that `whole` repeats and goes on; its offers stay."""
        for at in range(len(self._snapshots) - 1, len(self._snapshots) - 1 - looks_back, -1):
            if at < 0:
                return
            if begins_with(whole.events, self._snapshots[at].events):
                whole.remember(self._snapshots.pop(at))
                self._leave_out(REPEATED)
                return

    def _add_to_thread(self, piece: Piece) -> Iterator[Conversation]:
        key, joined = self._chains.thread_of(piece)
        unnamed = piece.thread is None and piece.span is None
        if key not in self._threads and piece.repeats and unnamed:
            key = self._repeated_by(piece) or key
            self._chains.move(piece, key)
        if key not in self._threads:
            if key in self._ended:
                self._leave_out(TOO_LATE)
            self._count += 1
            self._threads[key] = _Thread(self._count)
        thread = self._threads[key]
        for other in joined:
            thread.join(self._threads.pop(other, None))
        thread.pieces.append(piece)
        self._threads.move_to_end(key)
        if len(self._threads) > OPEN_THREADS:
            yield from self._end(next(iter(self._threads)))

    def _repeated_by(self, piece: Piece) -> str | None:
        """The last thread that `piece` repeats and goes on, though it does not name it."""
        for key in islice(reversed(self._threads), piece.looks_back):
            if begins_with(piece.events, self._threads[key].pieces[-1].events):
                return key
        return None

    def _end(self, key: str) -> list[Conversation]:
        thread = self._threads.pop(key)
        self._chains.forget(thread.pieces)
        self._ended[key] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        in_order = _in_order(thread.pieces)
        has_spans = any(piece.span is not None for piece in in_order)
        several = conversations(in_order) if has_spans else [in_order]
        return [way for pieces in several for way in self._joined(pieces, thread.number)]

    def _joined(self, pieces: list[Piece], number: int) -> list[Conversation]:
        """The dialogues of one conversation; several where it was taken up again in the middle."""
        ways: list[Conversation] = []
        for piece in pieces:
            known = {name for way in ways for name in way.lengths}
            if piece.after is not None and piece.after not in known:
                self._leave_out(NO_START)
            if go_on(ways, piece, number):
                self._leave_out(REPEATED)
        return ways

    def _leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


class _Thread:
    """The pieces of a thread, and its number among the dialogues of the file."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pieces: list[Piece] = []

    def join(self, other: _Thread | None) -> None:
        """Take the pieces of `other`, which turned out to be the same thread."""
        if other is not None:
            self.number = min(self.number, other.number)
            self.pieces += other.pieces


def _in_order(pieces: Iterable[Piece]) -> list[Piece]:
    """In order of start where there is one; a piece follows the one that it goes on from."""
    in_time = sorted(pieces, key=lambda piece: (piece.start is None, piece.start or 0.0))
    return parents_first(in_time)


def _began(whole: Conversation) -> tuple[bool, float, int]:
    """In order of start; those that name none come after, in order of the file."""
    return whole.start is None, whole.start or 0.0, whole.number
