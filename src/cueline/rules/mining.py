"""Preconditions that a corpus keeps, and not by chance.

Of n dialogues in which one could be broken, k keep it; by chance a share p would (`keeping`). The
probability that chance alone keeps it so well is at most exp(-n KL(k/n || p)) (Hoeffding, 1963,
theorem 1); that, times the number of preconditions looked at (Bonferroni's correction), must be
below `CHANCE`.

Of several that come to the same in the corpus one is named. `A only after C` says nothing more
where A is only after B, and C has always been done by the time that B is; nor does `A never after
C` where A is never after B, and B has always been done by the time that C is; nor does `A only if
F` where A is only if G, and F holds whenever G does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cueline.rules.conditions import WasDone
from cueline.rules.occurrences import Occurrences
from cueline.rules.precondition import Fact, Precondition
from cueline.rules.support_statistics import Support, SupportStatistics
from cueline.types import Bits, Ints

LEAST = 30
"""Dialogues in which a precondition must be seen: kept in all of 30, it is broken in fewer than
10 %, at a confidence of 95 %."""
CHANCE = 0.01
"""The probability that anything at all is proposed where all is chance."""
EXCEPTIONS = 0.01
"""The share of dialogues that may break one that is still named, for a person to look at."""
TRIVIAL = 0.9
"""What chance keeps in more dialogues than this says too little to be a rule."""


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
    keeping = SupportStatistics(seen, LEAST)
    done, facts = [WasDone(name) for name in seen.actions], list(seen.facts)
    looked, groups = 0, list[tuple[list[_Asked], Implies]]()
    for number in np.flatnonzero(keeping.dialogues_with >= LEAST).tolist():
        for only, asked, kept, implies in (
            (True, done, keeping.only_after(number), keeping.done_by_then),
            (False, done, keeping.never_after(number), lambda of: keeping.done_by_then(of).T),
            (True, facts, keeping.only_if(number), keeping.held_too),
        ):
            looked += len(kept.items)
            groups.append((_told(done[number].action, only, asked, kept), implies))
    level = np.log(CHANCE / max(looked, 1))
    mined: list[Mined] = []
    for group, implies in groups:
        likely = [one for one in group if one.mined.log_chance < level]
        mined += _unimplied(likely, implies(np.array([one.item for one in likely], np.int64)))
    return sorted(mined, key=lambda one: (one.precondition.action, one.log_chance))


Implies = Callable[[Ints], Bits]
"""Of facts by their numbers: where the one forbids an action, does the other too, in this corpus?

`result[i, j]` says that whatever is forbidden by j is by i. *Shape:* (n,) -> (n, n).
"""


class _Asked(NamedTuple):
    """A precondition, and the number of what it asks for."""

    mined: Mined
    item: int


def _told(action: str, only: bool, asked: Sequence[Fact], kept: Support) -> list[_Asked]:
    """Those that have few exceptions, and would have more by chance."""
    some = (kept.kept >= kept.dialogues * (1 - EXCEPTIONS)) & (kept.by_chance <= TRIVIAL)
    rows = zip(*(row[some].tolist() for row in kept), strict=True)
    return [
        _Asked(Mined(Precondition(action, only, asked[item]), n, n - good, by_chance), item)
        for item, n, good, by_chance in rows
    ]


def _unimplied(group: Sequence[_Asked], implies: Bits) -> Iterator[Mined]:
    """Of those that come to the same the plainest, and none that comes to less."""
    mined = [one.mined for one in group]
    rank = [(not _twice(one), one.log_chance, place) for place, one in enumerate(mined)]
    for one in range(len(mined)):
        implied = any(
            implies[other, one]
            and mined[other].exceptions <= mined[one].exceptions
            and (not implies[one, other] or rank[other] < rank[one])
            for other in range(len(mined))
        )
        if not implied:
            yield mined[one]


def _twice(one: Mined) -> bool:
    return one.precondition.fact == WasDone(one.precondition.action)
