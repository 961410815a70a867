"""Tables of where a policy goes wrong: by itself, at new sets, late in dialogues, by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from cueline.evaluation.metrics.by_turn import TurnFigures
from cueline.evaluation.metrics.confusions import Confusion
from cueline.evaluation.rendering.tables import share, span, table

if TYPE_CHECKING:
    from cueline.evaluation.report import Report

CONFUSIONS = 6
"""Shown, the most frequent first."""
_SETS = {
    "seen": "sets seen in training",
    "unseen": "sets never seen",
    "out_of_space": "with an unknown action",
}


def circumstances(report: Report) -> Table:
    """The policy left to itself, and the sets that training had or had not."""
    made = table("", "turns", "right", "95 %", "micro F1")
    free = report.free_running
    if free is not None:
        around = span(free.intervals["exact"])
        made.add_row(
            "free-running", f"{report.turns:,}", share(free.exact), around, share(free.micro_f1)
        )
    for kind, label in _SETS.items():
        one = report.by_set[kind]
        if one.turns:
            around = span(one.intervals["exact"])
            made.add_row(label, f"{one.turns:,}", share(one.exact), around, share(one.micro_f1))
    return made


def turns(report: Report) -> Table:
    """The turns by number, later ones more at a time."""
    made = table("turn", "turns", "right", "free-running", "first wrong turn")
    for some in _ranges(report.by_turn):
        first, last = some[0].turn, some[-1].turn
        free = _mean(some, [one.free_running or 0.0 for one in some])
        made.add_row(
            f"{first}" if first == last else f"{first}-{last}",
            f"{sum(one.turns for one in some):,}",
            share(_mean(some, [one.exact for one in some])),
            share(None if report.free_running is None else free),
            f"{sum(one.first_wrong for one in some):,}",
        )
    return made


def confused(confusions: Sequence[Confusion]) -> Table:
    """What was done in place of what."""
    made = table("left out")
    made.add_column("done instead", no_wrap=True, overflow="ellipsis", max_width=34)
    made.add_column("turns", justify="right")
    for one in confusions[:CONFUSIONS]:
        missed, added = (escape(" + ".join(actions)) or "-" for actions in (one.missed, one.added))
        made.add_row(missed, added, f"{one.turns:,}")
    return made


def _ranges(rows: Sequence[TurnFigures]) -> Iterator[list[TurnFigures]]:
    """Turns 0, 1, 2-3, 4-7, 8-15, ..."""
    first = 0
    while any(one.turn >= first for one in rows):
        some = [one for one in rows if first <= one.turn < max(2 * first, 1)]
        if some:
            yield some
        first = max(2 * first, 1)


def _mean(rows: Sequence[TurnFigures], shares: Sequence[float]) -> float:
    turns = sum(one.turns for one in rows)
    return sum(one.turns * value for one, value in zip(rows, shares, strict=True)) / turns
