"""A corpus as a flow of actions: which set follows which, and how many dialogues go that way.

However many actions and dialogues there are, what is shown is a path and the few most frequent ways
to go on from it; the others are counted together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from cueline.dialogue import Dialogue
from cueline.types import Ints
from cueline.web.schemas.judging import FlowAnswer, FlowEdgeAnswer, NodeAnswer

AHEAD = 4
"""Turns shown after the path."""
MAX_SETS = 9
"""Sets shown at a turn."""
END, OTHERS, OVER = -1, -2, -3
"""Here the dialogue ends; any of the rarer sets; it ended before, which is not shown."""


class Way(Struct, frozen=True):
    """Turns of a drawing: those of a set, or those from which a set leads on to another."""

    path: tuple[int, ...]
    support: int
    anywhere: bool
    step: int
    """Turns after the beginning of the path."""
    sets: tuple[int, ...]
    """One set, or two; as the drawing has them, with the others as one."""


class Flow:
    """The sets of actions of `D` dialogues, turn by turn."""

    def __init__(self, dialogues: Sequence[Dialogue]) -> None:
        done = [[tuple(sorted(turn.actions or ())) for turn in d.turns] for d in dialogues]
        counts = Counter(actions for row in done for actions in row)
        self.sets = sorted(counts, key=lambda actions: (-counts[actions], actions))
        number = {actions: place for place, actions in enumerate(self.sets)}
        width = max(map(len, done)) + 1 + AHEAD
        self._steps = np.full((len(done), width), END)
        for row, actions in enumerate(done):
            self._steps[row, : len(actions)] = [number[one] for one in actions]

    def after(self, path: Sequence[int], support: int = 1, anywhere: bool = False) -> FlowAnswer:
        """What comes after `path`, at the beginning or where it first occurs `anywhere`.

        Sets done by fewer than `support` dialogues at a turn are among the others.
        """
        rows, starts = self._along(path, anywhere)
        merged = self._columns(rows, starts, len(path), support)
        columns = [[self._node(kind, count) for kind, count in _counted(kept)] for kept in merged]
        ways = [_ways(one, other) for one, other in zip(merged, merged[1:], strict=False)]
        return FlowAnswer(len(self._steps), len(rows), columns, ways)

    def turns(self, way: Way) -> Iterator[tuple[int, int]]:
        """The dialogues that go that way, by place, each with its turn there."""
        rows, starts = self._along(way.path, way.anywhere)
        columns = self._columns(rows, starts, len(way.path), way.support)
        columns = columns[way.step : way.step + len(way.sets)]
        if len(columns) < len(way.sets):
            return
        there = np.all([c == s for c, s in zip(columns, way.sets, strict=True)], axis=0)
        for row, start in zip(rows[there].tolist(), starts[there].tolist(), strict=True):
            yield row, start + way.step

    def _columns(self, rows: Ints, starts: Ints, path: int, support: int) -> list[Ints]:
        """The sets that `rows` have at each turn that is drawn, rarer ones as others."""
        ended, merged = np.zeros(len(rows), bool), []
        for place in range(path + AHEAD):
            column = self._steps[rows, starts + place]
            kept = column if place < path else _merged(column, support)
            merged.append(np.where(ended, OVER, kept))
            ended |= column == END
        return merged

    def _along(self, path: Sequence[int], anywhere: bool) -> tuple[Ints, Ints]:
        """The dialogues that go along `path`, by place, and at which turn they begin to."""
        places = self._steps.shape[1] - len(path) - AHEAD + 1
        if places < 1:  # none is as long
            return np.zeros(0, int), np.zeros(0, int)
        fits = np.ones((len(self._steps), places), bool)
        for offset, number in enumerate(path):
            fits &= self._steps[:, offset : offset + places] == number
        if not anywhere:
            fits = fits[:, :1]
        rows = np.flatnonzero(fits.any(axis=1))
        return rows, fits[rows].argmax(axis=1)

    def _node(self, number: int, count: int) -> NodeAnswer:
        return NodeAnswer(number, list(self.sets[number]) if number >= 0 else [], count)


def _merged(column: Ints, support: int) -> Ints:
    """The column with its rarer sets as others."""
    kept = [number for number, count in _counted(column) if number >= 0 and count >= support]
    return np.where(np.isin(column, [*kept[:MAX_SETS], END]), column, OTHERS)


def _counted(column: Ints) -> list[tuple[int, int]]:
    """Each set and how often it is there: sets by frequency, then the others, then the ends."""
    numbers, counts = np.unique(column, return_counts=True)
    pairs = [(n, c) for n, c in zip(numbers.tolist(), counts.tolist(), strict=True) if n != OVER]
    return sorted(pairs, key=lambda pair: (pair[0] == END, pair[0] == OTHERS, -pair[1], pair[0]))


def _ways(one: Ints, other: Ints) -> list[FlowEdgeAnswer]:
    both = (one != OVER) & (other != OVER)
    pairs = Counter(zip(one[both].tolist(), other[both].tolist(), strict=True))
    return [FlowEdgeAnswer(start, end, count) for (start, end), count in pairs.most_common()]
