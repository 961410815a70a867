"""What was done most often after the longest suffix of the history that training has seen.

A suffix of length k is the last k turns of a dialogue so far; one that reaches back to the first
turn may be longer by the dialogue's beginning. With the previous actions as keys it is an n-gram
with back-off; with whole turns it is an exact memory of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.baselines.counts import TargetCounts
from cueline.baselines.turn_hashes import Keys, mixed
from cueline.types import Ints

MAX_KEYS = 1_000_000
"""At most this number of suffixes is kept, and of distinct turns with their answers.

A suffix takes 14 bytes, a turn 24 and 8 more for each further answer: this bounds a policy's size.
"""
_BEGINNING = np.uint64(0x6375656C696E65)


class Histories(NamedTuple):
    """The turns of a corpus, and at which of them an answer is due."""

    keys: Keys
    """*Shape:* (N,)."""
    dialogues: Ints
    """Dialogue i is turns `dialogues[i]` up to `dialogues[i + 1]`. *Shape:* (D + 1,)."""
    due: Ints
    """Turn numbers, ascending. *Shape:* (answers,)."""

    def suffixes(self, longest: int) -> Iterator[tuple[Keys, npt.NDArray[np.bool_]]]:
        """For each length from 1: the suffixes' hashes, and which are as long as that.

        *Shapes:* (answers,), (answers,).
        """
        lengths = np.diff(self.dialogues)
        keys = np.insert(self.keys, self.dialogues[:-1], _BEGINNING)
        dialogue = np.repeat(np.arange(len(lengths)), lengths)[self.due]
        newest = self.due + dialogue + 1  # each dialogue before it, and its own, has a beginning
        oldest = self.dialogues[dialogue] + dialogue
        hashes = np.zeros(len(self.due), np.uint64)
        for length in range(longest):
            reaches = newest - length >= oldest
            if not reaches.any():
                return
            key = keys[np.maximum(newest - length, oldest)]
            hashes = np.where(reaches, mixed(mixed(hashes) + key), hashes)
            yield hashes, reaches


class NGram(NamedTuple):
    """Suffix to its most frequent answer. *Shapes:* (S,) each, `hashes` ascending."""

    hashes: Keys
    answers: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float16]
    """How often it was that answer, divided by all its answers and one more."""
    longest: npt.NDArray[np.int32]
    """Length of the longest suffix kept. *Shape:* (1,)."""

    @classmethod
    def fit(cls, histories: Histories, answers: Ints, longest: int) -> NGram:
        """Learn from histories and their answers. `answers` *shape:* (answers,), from 0.

        Once a suffix has only one answer, every longer one has the same, so none is kept; the
        decisions are as if all were.
        """
        kept: list[tuple[Any, ...]] = []
        ambiguous = np.ones(len(answers), bool)
        room = MAX_KEYS
        for hashes, reaches in histories.suffixes(longest):
            rows = np.flatnonzero(ambiguous & reaches)
            if not len(rows) or not room:
                break
            found = TargetCounts.fit(hashes[rows], answers[rows])
            kept.append(_most_frequent(found.most_seen(room)))
            room -= len(kept[-1][0])
            ambiguous[:] = False
            several = np.diff(found.starts) > 1
            ambiguous[rows] = several[np.searchsorted(found.keys, hashes[rows])]
        hashes, answer, share = _joined(kept)
        order = np.argsort(hashes)
        return cls(
            hashes[order],
            answer[order].astype(np.int32),
            share[order].astype(np.float16),
            np.array([len(kept)], np.int32),
        )

    def find(self, histories: Histories) -> tuple[Ints, npt.NDArray[np.float32]]:
        """The answer of the longest suffix known, and its share; -1 and 0 where none is.

        *Shapes:* (answers,), (answers,).
        """
        answers = np.full(len(histories.due), -1, np.int64)
        shares = np.zeros(len(histories.due), np.float32)
        going_on = np.full(len(histories.due), len(self.hashes) > 0)
        for hashes, reaches in histories.suffixes(int(self.longest[0])):
            rows = np.flatnonzero(going_on & reaches)
            place = np.searchsorted(self.hashes, hashes[rows])
            place = np.minimum(place, len(self.hashes) - 1)
            found = self.hashes[place] == hashes[rows]
            going_on[:] = False
            going_on[rows] = found  # where it is not known, no longer one is
            answers[rows[found]] = self.answers[place[found]]
            shares[rows[found]] = self.shares[place[found]]
        return answers, shares


def _most_frequent(seen: TargetCounts) -> tuple[Any, ...]:
    """Suffixes, the most frequent answer of each, and its share."""
    first = seen.starts[:-1]
    return seen.keys, seen.answers[first], seen.counts[first] / (seen.totals + 1)


def _joined(kept: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    if not kept:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.float64)
    return tuple(np.concatenate(column) for column in zip(*kept, strict=True))
