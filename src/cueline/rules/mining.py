"""Preconditions that a corpus keeps, and not by chance.

If one could be broken in n dialogues, and k of them keep it, while by chance a share p would
(`support_statistics`), then the probability that chance alone keeps it so well is at most
exp(-n KL(k/n || p)) (Hoeffding, 1963, theorem 1). That, times the number of preconditions tested
(Bonferroni's correction), must be below `SIGNIFICANCE`.

Among several that are equivalent in the corpus, one is named. `A only after C` says nothing more
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

MIN_DIALOGUES = 30
"""A precondition needs this number of dialogues: kept in all of 30, it is broken in fewer than
10 %, at a confidence of 95 %."""
SIGNIFICANCE = 0.01
"""The probability that anything is proposed where all is chance."""
MAX_EXCEPTIONS = 0.01
"""A precondition is still named if this share of dialogues breaks it, for a person to decide on."""
MAX_BY_CHANCE = 0.9
"""A precondition that more than this share would keep by chance says too little."""


class Mined(NamedTuple):
    """A precondition and how well a corpus keeps it."""

    precondition: Precondition
    dialogues: int
    """The dialogues in which it could be broken."""
    exceptions: int
    """The dialogues in which it is broken."""
    by_chance: float
    """The share of dialogues that would keep it by chance."""

    @property
    def log_chance(self) -> float:
        """The log of the probability, at most, that chance keeps it so well."""
        p, kept = max(self.by_chance, 1e-12), 1 - self.exceptions / self.dialogues
        if kept <= p:
            return 0.0
        broken = (1 - kept) * np.log((1 - kept) / (1 - p)) if self.exceptions else 0.0
        return float(-self.dialogues * (kept * np.log(kept / p) + broken))


def mine(seen: Occurrences) -> list[Mined]:
    """The preconditions kept in all but a few dialogues, by action, the best supported first."""
    statistics = SupportStatistics(seen, MIN_DIALOGUES)
    done, facts = [WasDone(name) for name in seen.actions], list(seen.facts)
    tested, groups = list[int](), list[tuple[list[_Candidate], Implies]]()
    for number in np.flatnonzero(statistics.dialogues_with >= MIN_DIALOGUES).tolist():
        for only, asked, kept, implies in (
            (True, done, statistics.only_after(number), statistics.done_by_then),
            (False, done, statistics.never_after(number), lambda of: statistics.done_by_then(of).T),
            (True, facts, statistics.only_if(number), statistics.held_too),
        ):
            tested.append(len(kept.items))
            groups.append((_candidates(done[number].action, only, asked, kept), implies))
    mined: list[Mined] = []
    for group, implies in groups:
        likely = [one for one in group if _significant(one.mined, sum(tested))]
        mined += _unimplied(likely, implies(np.array([one.item for one in likely], np.int64)))
    return sorted(mined, key=lambda one: (one.precondition.action, one.log_chance))


Implies = Callable[[Ints], Bits]
"""For facts by number: whether one forbids an action wherever another does, in this corpus.

`result[i, j]` says that i forbids whatever j forbids. *Shape:* (n,) -> (n, n).
"""


class _Candidate(NamedTuple):
    """A precondition, and the number of its fact."""

    mined: Mined
    item: int


def _candidates(action: str, only: bool, asked: Sequence[Fact], kept: Support) -> list[_Candidate]:
    """The preconditions that have few exceptions, and would have more by chance."""
    some = (kept.kept >= kept.dialogues * (1 - MAX_EXCEPTIONS)) & (kept.by_chance <= MAX_BY_CHANCE)
    rows = zip(*(row[some].tolist() for row in kept), strict=True)
    return [
        _Candidate(Mined(Precondition(action, only, asked[item]), n, n - good, by_chance), item)
        for item, n, good, by_chance in rows
    ]


def _significant(mined: Mined, tested: int) -> bool:
    return bool(mined.log_chance + np.log(tested) < np.log(SIGNIFICANCE))


def _unimplied(group: Sequence[_Candidate], implies: Bits) -> Iterator[Mined]:
    """Without those that another one implies; among equivalent ones the plainest stays."""
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
