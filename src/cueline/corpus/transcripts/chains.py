"""Which thread a piece is in, where pieces only name the one before them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cueline.corpus.transcripts.pieces import Piece


class Chains:
    """The threads of the pieces that others name or wait for."""

    def __init__(self) -> None:
        self._thread_of: dict[str, str] = {}

    def thread_of(self, piece: Piece) -> tuple[str, list[str]]:
        """The thread of `piece`, and the threads that it shows to be the same."""
        names = [name for name in _names(piece) if name is not None]
        known = [self._thread_of[name] for name in names if name in self._thread_of]
        key = piece.thread
        if key is None:
            key = known[0] if known else f"chain {names[0]}"
        joined = [other for other in dict.fromkeys(known) if other != key]
        for other in joined:
            moved = [name for name, thread in self._thread_of.items() if thread == other]
            self._thread_of.update(dict.fromkeys(moved, key))
        self._thread_of.update(dict.fromkeys(names, key))
        return key, joined

    def move(self, piece: Piece, key: str) -> None:
        """Put `piece` into another thread than the one that was found for it."""
        if piece.name is not None:
            self._thread_of[piece.name] = key

    def forget(self, pieces: Iterable[Piece]) -> None:
        """Forget the names of a thread that has ended."""
        for piece in pieces:
            for name in _names(piece):
                if name is not None:
                    self._thread_of.pop(name, None)


def _names(piece: Piece) -> tuple[str | None, ...]:
    """What makes pieces one thread: who goes on from whom, and the trace that they are in."""
    trace = None if piece.span is None else f"trace {piece.span.trace}"
    return piece.after, piece.name, trace


def parents_first(pieces: Sequence[Piece]) -> list[Piece]:
    """`pieces` in their order, but each after the one whose name is its `after`."""
    if not any(piece.after for piece in pieces):
        return list(pieces)
    by_name = {piece.name: piece for piece in pieces if piece.name is not None}
    placed: dict[int, Piece] = {}
    for piece in pieces:
        line: dict[int, Piece] = {}
        at: Piece | None = piece
        while at is not None and id(at) not in placed | line:
            line[id(at)] = at
            at = None if at.after is None else by_name.get(at.after)
        placed.update(reversed(line.items()))
    return list(placed.values())
