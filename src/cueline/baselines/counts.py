"""How often each key had each answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.baselines.turn_hashes import Keys
from cueline.dataset import Ragged
from cueline.types import Ints


class TargetCounts(NamedTuple):
    """`K` distinct keys with `P` answers: those of key i are `starts[i]` up to `starts[i + 1]`."""

    keys: Keys
    """Ascending. *Shape:* (K,)."""
    starts: npt.NDArray[np.int64]
    """*Shape:* (K + 1,)."""
    answers: Ints
    """Each key's answers, the most frequent first, ties by number. *Shape:* (P,)."""
    counts: Ints
    """How often the key had the answer. *Shape:* (P,)."""

    @classmethod
    def fit(cls, keys: Keys, answers: Ints) -> TargetCounts:
        """Count what there is. `answers` are numbers from 0. *Shapes:* (N,), (N,)."""
        distinct, group = np.unique(keys, return_inverse=True)
        wide = int(answers.max(initial=0)) + 1
        pairs, counts = np.unique(group * wide + answers, return_counts=True)
        owner, answer = np.divmod(pairs, wide)
        order = np.lexsort((answer, -counts, owner))
        starts = np.searchsorted(owner, np.arange(len(distinct) + 1))
        return cls(distinct, starts, answer[order].astype(np.int32), counts[order].astype(np.int32))

    @property
    def totals(self) -> Ints:
        """How often each key was seen. *Shape:* (K,)."""
        return np.add.reduceat(self.counts, self.starts[:-1]) if len(self.keys) else self.counts

    def most_seen(self, limit: int) -> TargetCounts:
        """The `limit` keys that were seen most often, with all their answers."""
        kept = np.sort(np.argsort(-self.totals, kind="stable")[:limit])
        answers, counts = (
            Ragged(flat, self.starts).take(kept) for flat in (self.answers, self.counts)
        )
        return TargetCounts(self.keys[kept], answers.starts, answers.flat, counts.flat)

    def of_key(self, key: np.uint64) -> list[tuple[int, int]]:
        """The answers that `key` has had and how often each, the most frequent first."""
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return []
        row = slice(*self.starts[place : place + 2].tolist())
        return list(zip(self.answers[row].tolist(), self.counts[row].tolist(), strict=True))
