"""The turns of a corpus in an order, and the few of them that a number somewhere stands for."""

from __future__ import annotations

from typing import Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.tokenizer import fold
from cueline.types import Ints
from cueline.web.corpus_view import CorpusView
from cueline.web.flow import Way
from cueline.web.schemas.lists import TurnRow, TurnsAnswer

Order = Literal["corpus", "newest", "unsure", "contradictory", "random"]
"""As they stand; the last first that were live; the least sure first; the surest first that the
corpus contradicts; a sample."""
NONE = "(none)"
"""In place of an action: no action in place of the other one, as the confusions have it."""


class TurnFilter(Struct, frozen=True):
    """Which turns are asked for; what is left empty leaves all."""

    kind: str = ""
    action: str = ""
    find: str = ""
    expected: str = ""
    """An action that is right and not decided, or also decided where it is `decided` too."""
    decided: str = ""
    """An action that is decided and not right, likewise."""
    below: float | None = None
    """Decisions less confident than that."""
    above: float | None = None
    """Those at least as confident."""
    like: tuple[str, int] | None = None
    """A dialogue and a turn: those at which the same was said, done and decided."""
    way: Way | None = None
    """Turns of the drawn flow of actions."""
    open: bool = False
    """Only those that nobody has said anything of."""


def turns(
    view: CorpusView, wanted: TurnFilter, order: Order = "corpus", offset: int = 0, limit: int = 100
) -> TurnsAnswer:
    """Some of the turns that are `wanted`, in that order, and how many there are."""
    rows = np.flatnonzero(_chosen(view, wanted))
    rows = rows[_places(view, rows, order)]
    if order == "contradictory":
        rows = rows[~view.scored.right[rows]]
    return TurnsAnswer(
        len(rows), [_turn(view, row) for row in rows[offset : offset + limit].tolist()]
    )


def _chosen(view: CorpusView, wanted: TurnFilter) -> npt.NDArray[np.bool_]:
    """*Shape:* (N,)."""
    confidence = view.scored.decided.confidence
    chosen = np.ones(len(view.right), bool)
    if wanted.kind:
        chosen &= view.marks(wanted.kind)
    if wanted.action:
        chosen &= view.with_action(wanted.action)
    if wanted.open:
        chosen &= ~(view.marks("corrected") | view.marks("confirmed"))
    if wanted.below is not None:
        chosen &= confidence < wanted.below
    if wanted.above is not None:
        chosen &= confidence >= wanted.above
    if wanted.expected or wanted.decided:
        chosen &= _confused(view, wanted.expected, wanted.decided)
    if wanted.like:
        chosen &= _alike(view, *wanted.like)
    if wanted.way:
        chosen &= _on_the_way(view, wanted.way)
    if wanted.find:
        words = fold(wanted.find)
        for row in np.flatnonzero(chosen).tolist():
            chosen[row] = words in fold(_user(view, row) or "")
    return chosen


def _confused(view: CorpusView, expected: str, decided: str) -> npt.NDArray[np.bool_]:
    """The turns that a cell of the confusions counts. *Shape:* (N,)."""
    answers, bits = view.scored.answers, view.scored.decided.bits
    wide = len(answers.names)
    due = np.zeros((len(bits), wide), bool)
    due[answers.targets.row_of_each(), answers.targets.flat] = True
    done = np.zeros_like(due)
    done[:, : bits.shape[1]] = bits
    if expected == decided:
        return _column(view, due & done, expected)
    missed, extra = due & ~done, done & ~due
    found = np.ones(len(bits), bool)
    if expected:
        found &= ~missed.any(axis=1) if expected == NONE else _column(view, missed, expected)
    if decided:
        found &= ~extra.any(axis=1) if decided == NONE else _column(view, extra, decided)
    return found


def _column(view: CorpusView, bits: npt.NDArray[np.bool_], action: str) -> npt.NDArray[np.bool_]:
    names = view.scored.answers.names
    return bits[:, names.index(action)] if action in names else np.zeros(len(bits), bool)


def _alike(view: CorpusView, id: str, turn: int) -> npt.NDArray[np.bool_]:
    place = view.places.get(id)
    row = None if place is None else view.row(place, turn)
    found = np.zeros(len(view.right), bool)
    if row is None:
        return found
    kind = _kind(view, row)
    bits = view.scored.decided.bits
    for other in np.flatnonzero((bits == bits[row]).all(axis=1)).tolist():
        found[other] = _kind(view, other) == kind
    found[row] = False
    return found


def _on_the_way(view: CorpusView, way: Way) -> npt.NDArray[np.bool_]:
    """*Shape:* (N,)."""
    found = np.zeros(len(view.right), bool)
    for place, turn in view.flow.turns(way):
        row = view.row(place, turn)
        if row is not None:
            found[row] = True
    return found


def _kind(view: CorpusView, row: int) -> tuple[str, frozenset[str], frozenset[str]]:
    """What was said, done there and done just before."""
    place, turn = int(view.scored.answers.dialogue[row]), int(view.scored.answers.turn[row])
    before = frozenset(view.done(place, turn - 1)) if turn else frozenset[str]()
    return fold(_user(view, row) or ""), frozenset(view.done(place, turn)), before


def _places(view: CorpusView, rows: Ints, order: Order) -> Ints:
    confidence = view.scored.decided.confidence[rows]
    if order == "newest":
        live = [view.live_turn(row) for row in rows.tolist()]
        return np.argsort([-one.at if one else 0.0 for one in live], kind="stable")
    if order == "unsure":
        return np.argsort(confidence, kind="stable")
    if order == "contradictory":
        return np.argsort(-confidence, kind="stable")
    if order == "random":
        return np.argsort([crc32(b"%d" % row) for row in rows.tolist()], kind="stable")
    return np.arange(len(rows))


def _user(view: CorpusView, row: int) -> str | None:
    answers = view.scored.answers
    return view.scored.dialogues[int(answers.dialogue[row])].turns[int(answers.turn[row])].user


def _turn(view: CorpusView, row: int) -> TurnRow:
    answers, decided = view.scored.answers, view.scored.decided
    place, turn = int(answers.dialogue[row]), int(answers.turn[row])
    verdict = view.verdicts(place).get(turn)
    known = bool(view.known[row])
    expected = answers.expected(row) if verdict is None else verdict.actions
    return TurnRow(
        id=view.ids[place],
        turn=turn,
        user=_user(view, row),
        expected=expected if known else None,
        decided=answers.named(decided.bits[row]),
        confidence=round(float(decided.confidence[row]), 4),
        sure=bool(view.scored.sure[row]),
        right=bool(view.right[row]) if known else None,
        done=view.done(place, turn),
        at=live.at if (live := view.live_turn(row)) else None,
        said=next((kind for kind in ("corrected", "confirmed") if view.marks(kind)[row]), None),
    )
