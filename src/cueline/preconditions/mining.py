"""Preconditions that a corpus keeps, and not by chance.

Of n dialogues in which one could be broken, k keep it; by chance a share p would (`keeping`). The
probability that chance alone keeps it so well is at most exp(-n KL(k/n || p)) (Hoeffding, 1963,
theorem 1); that, times the number of preconditions looked at (Bonferroni's correction), must be
below `CHANCE`.

What follows from others is left out: `A only after C` where A is only after B and B only after C;
`A never after C` where A is never after B and C only after B; `F is known` beside more about F.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cueline.preconditions.facts import Done, Known
from cueline.preconditions.keeping import Keeping, Kept
from cueline.preconditions.occurrences import Occurrences
from cueline.preconditions.precondition import Fact, Precondition

LEAST = 30
"""Dialogues in which a precondition must be seen: kept in all of 30, it is broken in fewer than
10 %, at a confidence of 95 %."""
CHANCE = 0.01
"""The probability that anything at all is proposed where all is chance."""
EXCEPTIONS = 0.01
"""The share of dialogues that may break one that is still named, for a person to look at."""


class Mined(NamedTuple):
    """A precondition and how well a corpus keeps it."""

    precondition: Precondition
    dialogues: int
    """In which it could be broken."""
    exceptions: int
    """Those in which it is."""
    by_chance: float
    """The share of dialogues that would keep it by chance."""

    @property
    def log_chance(self) -> float:
        """The log of how probable at most it is that chance keeps it so well."""
        p, kept = max(self.by_chance, 1e-12), 1 - self.exceptions / self.dialogues
        if kept <= p:
            return 0.0
        broken = (1 - kept) * np.log((1 - kept) / (1 - p)) if self.exceptions else 0.0
        return float(-self.dialogues * (kept * np.log(kept / p) + broken))


def mine(seen: Occurrences) -> list[Mined]:
    """The preconditions kept in all but a few dialogues, by action, the best supported first."""
    keeping = Keeping(seen, LEAST)
    actions, facts = list(seen.actions), list(seen.facts)
    done = [Done(name) for name in actions]
    looked, found = 0, list[Mined]()
    for number in np.flatnonzero(keeping.dialogues_with >= LEAST).tolist():
        for only, asked, kept in (
            (True, done, keeping.only_after(number)),
            (False, done, keeping.never_after(number)),
            (False, done, keeping.never_twice(number)),
            (True, facts, keeping.only_if(number)),
        ):
            looked += len(kept.items)
            found += _nearly_always(actions[number], only, asked, kept)
    level = np.log(CHANCE / max(looked, 1))
    found = _unimplied([one for one in found if one.log_chance < level])
    return sorted(found, key=lambda one: (one.precondition.action, one.log_chance))


def _nearly_always(action: str, only: bool, asked: Sequence[Fact], kept: Kept) -> Iterator[Mined]:
    some = kept.kept >= kept.dialogues * (1 - EXCEPTIONS)
    rows = (row[some].tolist() for row in kept)
    for item, dialogues, good, by_chance in zip(*rows, strict=True):
        precondition = Precondition(action, only, asked[item])
        yield Mined(precondition, dialogues, dialogues - good, by_chance)


def _unimplied(found: Sequence[Mined]) -> list[Mined]:
    """Without those that follow from others that have no exception."""
    after, never = (defaultdict[str, set[str]](set) for _ in range(2))
    more: dict[tuple[str, str], int] = {}
    for precondition, _, exceptions, _ in found:
        action, fact = precondition.action, precondition.fact
        if isinstance(fact, Done) and not exceptions:
            (after if precondition.only else never)[action].add(fact.action)
        elif not isinstance(fact, Done | Known):
            fewest = more.get((action, fact.feature), exceptions)
            more[action, fact.feature] = min(fewest, exceptions)

    def implied(one: Mined) -> bool:
        action, fact = one.precondition.action, one.precondition.fact
        if isinstance(fact, Known):
            return more.get((action, fact.feature), one.exceptions + 1) <= one.exceptions
        if not isinstance(fact, Done):
            return False
        if one.precondition.only:
            return any(fact.action in after[between] for between in after[action])
        return any(before in after[fact.action] for before in never[action])

    return [one for one in found if not implied(one)]
