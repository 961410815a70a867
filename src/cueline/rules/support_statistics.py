"""In how many dialogues of a corpus each possible precondition is kept, and in how many by chance.

A precondition is looked at in the dialogues in which it could be broken: those with its action (for
`never after`, with both). Every dialogue counts once. By chance it would be kept in a share p of
them, were the action done at the same turns whatever it asks:

    A only after B   how many of all dialogues that reach the turn of the first A have had B before
    A only if F      in how many of them F holds at that turn
    A never after B  how much of what is done of A, in all dialogues and turn by turn, falls on the
                     turns up to the first B
    A never twice    how likely A is not done at any of the turns after the first A

So what the number of the turn alone explains (nothing comes before a greeting) has p = 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cueline.rules.occurrences import Occurrences
from cueline.types import Bits, Floats, Ints

_NEVER = np.int64(1 << 40)
"""The turn of an action that is not done."""


class Support(NamedTuple):
    """The preconditions of one kind for an action, and how they are kept. *Shapes:* (n,)."""

    items: Ints
    """Numbers of the other actions, or of the facts, that they ask for."""
    dialogues: Ints
    """Numbers of dialogues in which each could be broken."""
    kept: Ints
    """Numbers of dialogues in which each is kept."""
    by_chance: Floats
    """Shares of those dialogues that would keep each by chance."""


class SupportStatistics:
    """When each action is first and last done, and how often each fact holds at which turn."""

    def __init__(self, seen: Occurrences, min_dialogues: int) -> None:
        self.min_dialogues = min_dialogues
        self.lengths = seen.lengths
        shape = len(self.lengths), len(seen.actions)
        dialogue, turn, action = self.done = seen.done
        self.first = np.full(shape, _NEVER)
        np.minimum.at(self.first, (dialogue, action), turn)
        self.last = np.full(shape, -1, np.int64)
        np.maximum.at(self.last, (dialogue, action), turn)
        self.dialogues_with = (self.last >= 0).sum(axis=0)
        self.turns = int(self.lengths.max(initial=0))
        self.reached = (self.lengths[:, None] > np.arange(self.turns)).sum(axis=0)[:, None]
        self.done_before = self._done_before()
        rates = _counts(turn, action, (self.turns, shape[1])) / self.reached
        self.not_done = np.zeros((self.turns + 1, shape[1]))
        np.cumsum(np.log1p(-np.minimum(rates, 1 - 1e-9)), axis=0, out=self.not_done[1:])
        self._facts(seen)

    def only_after(self, action: int) -> Support:
        """`A only after B`, for every other action B."""
        rows = np.flatnonzero(self.last[:, action] >= 0)
        first = self.first[rows]
        kept = (first < first[:, [action]]).sum(axis=0)
        by_chance = self.done_before[first[:, action]].mean(axis=0)
        others = np.delete(np.arange(len(kept)), action)
        return _of(others, np.full(len(kept), len(rows)), kept, by_chance)

    def never_after(self, action: int) -> Support:
        """`A never after B`, for every action B, in the dialogues that have both.

        `A never after A` is `A never twice`.
        """
        rows = np.flatnonzero(self.last[:, action] >= 0)
        first, last = self.first[rows], self.last[rows, action]
        both = first < _NEVER
        dialogues = both.sum(axis=0)
        kept = (both & (last[:, None] <= first)).sum(axis=0)
        items = np.flatnonzero(dialogues >= self.min_dialogues)
        by_chance = np.zeros(len(dialogues))
        for item in items[2 * kept[items] > dialogues[items]].tolist():
            where = both[:, item]
            log = self.not_done[:, action]
            up_to = log[first[where, item] + 1]
            at_all = log[self.lengths[rows[where]]]
            probability = np.exp(at_all - up_to)
            if item != action:
                probability = probability * np.expm1(up_to) / np.expm1(at_all)
            by_chance[item] = probability.mean()
        return _of(items, dialogues, kept, by_chance)

    def only_if(self, action: int) -> Support:
        """`A only if F`, for every fact F about a feature that holds in enough dialogues."""
        dialogue, turn, _ = self.done[:, self.done[2] == action]
        starts = np.flatnonzero(np.diff(dialogue, prepend=-1))
        place = self.offsets[dialogue] + turn
        kept = np.logical_and.reduceat(self.holds[place], starts).sum(axis=0)
        by_chance = self.held_share[turn[starts]].mean(axis=0)
        return Support(self.facts, np.full(len(kept), len(starts)), kept, by_chance)

    def done_by_then(self, actions: Ints) -> Bits:
        """Whether j is done by the turn of i in every dialogue with i. *Shape:* (n, n)."""
        first = self.first[:, actions]
        by_then = [(first[at < _NEVER] <= at[at < _NEVER, None]).all(axis=0) for at in first.T]
        return np.array(by_then, bool).reshape(len(actions), len(actions))

    def held_too(self, facts: Ints) -> Bits:
        """Whether j holds wherever i holds. *Shape:* (n, n)."""
        holds = self.holds[:, np.searchsorted(self.facts, facts)]
        too = [holds[one].all(axis=0) for one in holds.T]
        return np.array(too, bool).reshape(len(facts), len(facts))

    def _done_before(self) -> Floats:
        """The share of the dialogues that reach a turn with the action before. *Shape:* (T, A)."""
        dialogue, action = np.nonzero(self.last >= 0)
        shape = self.turns + 2, self.first.shape[1]
        begun = _counts(self.first[dialogue, action] + 1, action, shape)
        ended = _counts(self.lengths[dialogue], action, shape)
        before: Floats = np.cumsum(begun - ended, axis=0)[: self.turns] / self.reached
        return before

    def _facts(self, seen: Occurrences) -> None:
        """The facts that hold in enough dialogues, at every turn and by the turn's number."""
        dialogue, turn, fact = seen.held
        pairs = np.unique(fact * len(self.lengths) + dialogue)
        counts = np.bincount(pairs // max(len(self.lengths), 1))
        self.facts = np.flatnonzero(counts >= self.min_dialogues)
        kept = counts[fact] >= self.min_dialogues
        dialogue, turn, fact = dialogue[kept], turn[kept], np.searchsorted(self.facts, fact[kept])
        self.offsets = np.cumsum(self.lengths) - self.lengths
        self.holds = np.zeros((int(self.lengths.sum()), len(self.facts)), bool)
        self.holds[self.offsets[dialogue] + turn, fact] = True
        self.held_share = _counts(turn, fact, (self.turns, len(self.facts))) / self.reached


def _of(items: Ints, dialogues: Ints, kept: Ints, by_chance: Floats) -> Support:
    return Support(items, dialogues[items], kept[items], by_chance[items])


def _counts(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Ints:
    """How often each pair of row and column occurs."""
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
