"""The spans of traces as pieces of dialogues: which of them count, and for which dialogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec.structs import replace

from cueline.corpus.transcripts.pieces import Piece, TraceSpan

_Key = tuple[str, str]


def conversations(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each dialogue in `pieces`, which are spans in order of start.

    A span belongs to the conversation that it names, else to the one that a span around it names,
    else to the only one of its trace, else its trace is the conversation. A span that wraps others
    is left out where those tell anything, and comes last where it is not known to be around them.
    """
    whole = list(_whole_spans(pieces))
    by_id = {key: piece for piece in whole if (key := _key(piece)) is not None}
    around = {id(piece): list(_ancestors(piece, by_id)) for piece in whole}
    retold = {id(outer) for piece in whole if piece.events for outer in around[id(piece)]}
    named = _named(whole)
    found: dict[tuple[str | None, str], list[Piece]] = {}
    for piece in whole:
        if not piece.events or (_span(piece).wraps and id(piece) in retold):
            continue
        line = [piece, *around[id(piece)]]
        threads = [one.thread for one in line if one.thread]
        thread = next(iter(threads or named[_span(piece).trace]), None)
        agent = next((_span(one).agent for one in line if _span(one).agent), None)
        span = replace(_span(piece), agent=agent, adds=bool(threads))
        one = replace(piece, thread=thread, span=span, id=piece.id or thread or span.trace)
        found.setdefault((thread, "" if thread else span.trace), []).append(one)
    return [sorted(several, key=lambda piece: _span(piece).wraps) for several in found.values()]


def _span(piece: Piece) -> TraceSpan:
    return piece.span or TraceSpan(trace="")


def _key(piece: Piece) -> _Key | None:
    span = _span(piece)
    return None if span.id is None else (span.trace, span.id)


def _whole_spans(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Each span once: what it tells in parts put together, its place from whoever knows it."""
    keyed: dict[_Key | int, list[Piece]] = {}
    for number, piece in enumerate(pieces):
        keyed.setdefault(_key(piece) or number, []).append(piece)
    for same in keyed.values():
        wholes = [piece for piece in same if piece.events and not _span(piece).partial]
        parts = [piece for piece in same if piece.events and _span(piece).partial]
        chosen = wholes[0] if wholes else (parts or same)[0]
        if parts and not wholes:
            events = [event for piece in parts for event in piece.events]
            offered = next((piece.offered for piece in parts if piece.offered), None)
            chosen = replace(chosen, events=events, offered=offered)
        spans = [_span(piece) for piece in same]
        yield replace(
            chosen,
            thread=next((piece.thread for piece in same if piece.thread), None),
            span=replace(
                _span(chosen),
                parent=next((span.parent for span in spans if span.parent), None),
                agent=next((span.agent for span in spans if span.agent), None),
            ),
        )


def _ancestors(piece: Piece, by_id: dict[_Key, Piece]) -> Iterator[Piece]:
    seen = {id(piece)}
    span = _span(piece)
    while span.parent is not None:
        outer = by_id.get((span.trace, span.parent))
        if outer is None or id(outer) in seen:
            return
        seen.add(id(outer))
        yield outer
        span = _span(outer)


def _named(pieces: Sequence[Piece]) -> dict[str, list[str]]:
    """The conversation of each trace that names just one."""
    found = dict[str, list[str]]()
    in_order = sorted(pieces, key=lambda piece: _span(piece).trace)
    for trace, several in groupby(in_order, key=lambda piece: _span(piece).trace):
        threads = list(dict.fromkeys(piece.thread for piece in several if piece.thread))
        found[trace] = threads if len(threads) == 1 else []
    return found
