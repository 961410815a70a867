"""What a policy keeps of its training so that it can be trained further without forgetting.

Old dialogues trained on again among the new ones best keep a network from forgetting (*rehearsal*,
Robins, 1995). At most a few hundred are kept, drawn at random: as numbers, without texts and names,
though the policy's vocabulary makes the numbers words again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset, Ragged
from cueline.dataset.named_arrays import prefixed, within
from cueline.dataset.packed_arrays import pack, pack_rows, unpack, unpack_rows
from cueline.dataset.slicing import joined, take
from cueline.settings import Settings
from cueline.types import Array

HELD_OUT_SHARE = 5
"""One dialogue in five is one that was never learned from, to score by."""
MAX_MEAN_TURNS = 20
"""Dialogues are kept until they have this number of turns on average: of long ones fewer."""


class ReplayBuffer(NamedTuple):
    """The dialogues kept, and the counts that the decision model was made from."""

    counts: Mapping[tuple[int, ...], int]
    """How often each set of actions was right, in all dialogues learned from so far."""
    prior: Array
    """The logits that the sets' weights were fitted with. *Shape:* (A,)."""
    learned: Dataset
    held_out: Dataset

    def pack(self) -> dict[str, npt.NDArray[Any]]:
        """As arrays for the policy's folder."""
        sets = sorted(self.counts)
        return {
            "prior": self.prior,
            "counts": np.array([self.counts[bits] for bits in sets], np.uint32),
            **pack_rows("sets", Ragged.of(sets, np.int32)),
            **prefixed("learned", pack(self.learned)),
            **prefixed("held_out", pack(self.held_out)),
        }

    def within(self, given: Iterable[Dataset]) -> bool:
        """Whether all dialogues kept are among those `given`: then none is trained on twice."""
        kept = {*_contents(self.learned), *_contents(self.held_out)}
        if not kept:
            return False
        for dataset in given:
            kept.difference_update(_contents(dataset))
            if not kept:
                return True
        return False

    @classmethod
    def unpack(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> ReplayBuffer:
        """Back from the arrays."""
        sets = unpack_rows("sets", arrays)
        counts = zip(range(len(sets)), arrays["counts"].tolist(), strict=True)
        return cls(
            Counter({tuple(sets[row].tolist()): count for row, count in counts}),
            arrays["prior"],
            unpack(within("learned", arrays)),
            unpack(within("held_out", arrays)),
        )


def kept_after(
    before: ReplayBuffer, learned: Dataset, held_out: Dataset, settings: Settings
) -> ReplayBuffer:
    """What to keep after training that learned, and held out, more dialogues."""
    limit, rng = settings.training.rehearsal, np.random.default_rng(settings.seed)
    held_out_limit = limit // HELD_OUT_SHARE
    return ReplayBuffer(
        before.counts,
        before.prior,
        _mixed(before.learned, learned, limit - held_out_limit, rng),
        _mixed(before.held_out, held_out, held_out_limit, rng),
    )


def _mixed(old: Dataset, new: Dataset, limit: int, rng: np.random.Generator) -> Dataset:
    """At most `limit` dialogues: half of them new, or more where there are fewer old ones."""
    fresh = _drawn(new, max(limit // 2, limit - len(old.lengths)), rng)
    return joined([_drawn(old, limit - len(fresh.lengths), rng), fresh])


def _drawn(dataset: Dataset, limit: int, rng: np.random.Generator) -> Dataset:
    """At most `limit` dialogues of `dataset`, drawn at random, in their order."""
    order = rng.permutation(len(dataset.lengths))[:limit]
    fit = np.cumsum(dataset.lengths[order]) <= limit * MAX_MEAN_TURNS
    return take(dataset, np.sort(order[fit]))


def _contents(dataset: Dataset) -> Iterator[bytes]:
    """Each dialogue's words and features, as bytes to compare."""
    words = dataset.utterances.take(dataset.turns.utterance)
    for first, end in pairwise(dataset.dialogues.tolist()):
        turns = np.arange(first, end)
        said, known = words.take(turns), dataset.turns.columns.take(turns)
        parts = (said.lengths, said.flat, known.lengths, known.flat)
        yield b"".join(part.astype(np.int32).tobytes() for part in parts)
