"""What a policy keeps of its training so that it can be trained further without forgetting.

Old dialogues seen again among the new ones are what best keeps a network from forgetting
(*rehearsal*, Robins, 1995). Kept are a few hundred at the most, drawn by lot: as numbers, without
their texts and names, but what was said can be read from the numbers with the policy's vocabulary.
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

HELD_OUT = 5
"""One in so many of the dialogues kept is one that was never learned from, to judge by."""
TURNS = 20
"""Turns kept of each dialogue on average, at the most: long ones are fewer."""


class ReplayBuffer(NamedTuple):
    """The dialogues kept, and the counts that the decision rule was made from."""

    counts: Mapping[tuple[int, ...], int]
    """How often each set of actions was right, in all dialogues ever learned from."""
    prior: Array
    """The logits beside which the sets' weights stand. *Shape:* (A,)."""
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
        """Whether all dialogues kept are among those `given`: then nothing need be rehearsed."""
        kept = {*_contents(self.learned), *_contents(self.held_out)}
        if not kept:
            return False
        for table in given:
            kept.difference_update(_contents(table))
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
    most, rng = settings.training.rehearsal, np.random.default_rng(settings.seed)
    judging = most // HELD_OUT
    return ReplayBuffer(
        before.counts,
        before.prior,
        _mixed(before.learned, learned, most - judging, rng),
        _mixed(before.held_out, held_out, judging, rng),
    )


def _mixed(old: Dataset, new: Dataset, most: int, rng: np.random.Generator) -> Dataset:
    """At most `most` dialogues of both together: of the new ones up to a half, or what room is."""
    fresh = _drawn(new, max(most // 2, most - len(old.lengths)), rng)
    return joined([_drawn(old, most - len(fresh.lengths), rng), fresh])


def _drawn(table: Dataset, most: int, rng: np.random.Generator) -> Dataset:
    """At most `most` dialogues of `table`, drawn by lot, in the order they have there."""
    order = rng.permutation(len(table.lengths))[:most]
    fit = np.cumsum(table.lengths[order]) <= most * TURNS
    return take(table, np.sort(order[fit]))


def _contents(table: Dataset) -> Iterator[bytes]:
    """For each dialogue what was said and known in it, as bytes to compare."""
    words = table.utterances.take(table.turns.utterance)
    for first, end in pairwise(table.dialogues.tolist()):
        turns = np.arange(first, end)
        said, known = words.take(turns), table.turns.columns.take(turns)
        parts = (said.lengths, said.flat, known.lengths, known.flat)
        yield b"".join(part.astype(np.int32).tobytes() for part in parts)
