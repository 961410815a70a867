"""Preconditions over an action space: which actions may not be done, and why.

Every precondition asks that one fact holds, or that it does not, so `R` of them are three arrays:
the action, the fact, and what it must be. The `F` facts are whether each of the `A` actions was
done in an earlier turn, then the conditions on features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Feature, Turn
from cueline.errors import TrainingError
from cueline.rules.conditions import Condition, WasDone
from cueline.rules.grammar import WrittenPrecondition
from cueline.rules.precondition import Precondition
from cueline.types import Bits


class Preconditions:
    """All preconditions of a policy, whose actions are those of `space`."""

    def __init__(self, preconditions: Sequence[Precondition], space: ActionSpace) -> None:
        self.all = tuple(preconditions)
        self.space = space
        self._conditions: dict[Condition, int] = {}
        self._actions = np.array([space.index[one.action] for one in self.all], np.int64)
        self._facts = np.array([self._number(one) for one in self.all], np.int64)
        self._wanted = np.array([one.only for one in self.all], bool)
        self._texts = [one.text for one in self.all]

    def broken(self, features: Mapping[str, Feature], done: Iterable[int]) -> dict[str, str]:
        """The actions that may not be done, and the first precondition that says so.

        `done` are the bit numbers of the actions of earlier turns.
        """
        if not self.all:
            return {}
        facts = np.zeros(len(self.space) + len(self._conditions), bool)
        facts[list(done)] = True
        facts[len(self.space) :] = self._holding(features)
        reasons: dict[str, str] = {}
        for number in np.flatnonzero(facts[self._facts] != self._wanted).tolist():
            reasons.setdefault(self.all[number].action, self._texts[number])
        return reasons

    def allowed(self, dialogue: Dialogue) -> Bits:
        """The actions that may be done at each turn, the earlier ones as they were done.

        *Shape:* (T, A).
        """
        allowed = np.ones((len(dialogue.turns), len(self.space)), bool)
        if not self.all:
            return allowed
        turns, numbers = self._broken(dialogue.turns).nonzero()
        allowed[turns, self._actions[numbers]] = False
        return allowed

    def violations(self, dialogue: Dialogue) -> Bits:
        """Which preconditions are broken by what was done at each turn. *Shape:* (T, R)."""
        done = np.array([self.space.bits(turn.actions or ()) for turn in dialogue.turns])
        return np.asarray(self._broken(dialogue.turns) & done[:, self._actions])

    def _broken(self, turns: Sequence[Turn]) -> Bits:
        """Which preconditions would be broken if all actions were done. *Shape:* (T, R)."""
        actions = len(self.space)
        facts = np.zeros((len(turns), actions + len(self._conditions)), bool)
        for number, turn in enumerate(turns[:-1], start=1):
            facts[number, self.space.ids(turn.actions or ())] = True
        np.logical_or.accumulate(facts[:, :actions], axis=0, out=facts[:, :actions])
        if self._conditions:
            facts[:, actions:] = [self._holding(turn.features) for turn in turns]
        return np.asarray(facts[:, self._facts] != self._wanted)

    def _holding(self, features: Mapping[str, Feature]) -> list[bool]:
        return [condition.holds(features) for condition in self._conditions]

    def _number(self, precondition: Precondition) -> int:
        fact = precondition.fact
        if isinstance(fact, WasDone):
            return self.space.index[fact.action]
        return len(self.space) + self._conditions.setdefault(fact, len(self._conditions))


def check_kept(
    written: Sequence[WrittenPrecondition], space: ActionSpace, dialogues: Iterable[Dialogue]
) -> None:
    """Raise `TrainingError` where `dialogues` themselves break a precondition.

    Such a turn could not be learned: its right answer would be impossible.
    """
    preconditions = Preconditions([one.precondition for one in written], space)
    counts, first = np.zeros(len(written), np.int64), dict[int, str]()
    for dialogue in dialogues:
        broken = preconditions.violations(dialogue)
        counts += broken.sum(axis=0)
        for turn, number in np.argwhere(broken).tolist():
            first.setdefault(number, f"dialogue {dialogue.id!r} turn {turn}")
    for number, (place, precondition) in enumerate(written):
        if counts[number]:
            raise TrainingError(
                f"{place} the corpus breaks `{precondition.text}` at {counts[number]} turn(s), "
                f"first in {first[number]}; correct the rule or the corpus"
            )
