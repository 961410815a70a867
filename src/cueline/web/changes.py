"""What another policy would do otherwise on the same dialogues."""

from __future__ import annotations

import numpy as np

from cueline.evaluation.changed import changed_turns, comparable
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.web.schemas import ChangesAnswer

MAX_CHANGES = 100
"""Changed turns listed."""


def changes(before: ScoredCorpus, after: ScoredCorpus) -> ChangesAnswer:
    """The turns that two policies decide differently. Raises `PolicyError` as `comparable` does."""
    comparable(after, before)
    was, now = before.right, after.right
    worse, better = np.flatnonzero(was & ~now), np.flatnonzero(now & ~was)
    other = [row for row in np.flatnonzero(~was & ~now).tolist() if _differ(before, after, row)]
    rows = [*worse.tolist(), *better.tolist(), *other][:MAX_CHANGES]
    return ChangesAnswer(
        len(was), len(better), len(worse), len(other), changed_turns(after, before, rows)
    )


def _differ(before: ScoredCorpus, after: ScoredCorpus, row: int) -> bool:
    """By names, as the same action may be another bit."""
    one, other = (each.answers.named(each.decided.bits[row]) for each in (before, after))
    return set(one) != set(other)
