"""A whole corpus as flat arrays, laid out for speed.

Each distinct utterance is stored once, and turns refer to it: most of what people say to a system
has been said before, and the encoder computes it only once.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cueline.actions import ActionSpace
from cueline.dataset.ragged import Ragged, places
from cueline.dataset.targets import Targets, turn_targets
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.features.featurizer import Featurizer, TurnVector
from cueline.rules import Precondition, Preconditions
from cueline.types import Bits, Ints

CHUNK = 10_000
"""Turns in a chunk: large enough for arrays to pay off, small in memory."""


@dataclass(frozen=True, slots=True)
class TurnArrays:
    """The `N` turns of a corpus as the network sees them."""

    utterance: npt.NDArray[np.int32]
    """Row of each turn in `Dataset.utterances`. *Shape:* (N,)."""
    columns: Ragged
    """Context columns that are not zero, a row a turn."""
    values: npt.NDArray[np.float32]
    """Their values. *Shape:* (len(columns.flat),)."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The dialogues of a corpus, ready for batches."""

    dialogues: npt.NDArray[np.int64]
    """Dialogue i is turns `dialogues[i]` up to `dialogues[i + 1]`. *Shape:* (D + 1,)."""
    utterances: Ragged
    """Word numbers, a row a distinct utterance."""
    turns: TurnArrays
    value_masked: TurnArrays
    """The same turns as they look with every value unseen."""
    targets: Ragged
    """Action bits that are on, a row a turn (or a row a dialogue, for answers per dialogue)."""
    out_of_space: npt.NDArray[np.bool_]
    """Targets with an action outside the space, which no decision can match. *Shape:* as rows."""
    masks: npt.NDArray[np.uint8]
    """Action bits allowed, eight a byte. *Shape:* (rows of `targets`, ceil(A / 8))."""
    pages: tuple[mmap.mmap, ...] = ()
    """The mapped files of the arrays, where they are not in memory (`storage.mmap_dataset`)."""

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Turns of each dialogue. *Shape:* (D,)."""
        return np.diff(self.dialogues)

    def allowed(self, actions: int, rows: Ints | slice = slice(None)) -> Bits:
        """The action mask of those targets, `actions` wide. *Shape:* (rows, A)."""
        return np.unpackbits(self.masks[rows], axis=1, count=actions).astype(bool)

    def allows_all(self, actions: int) -> bool:
        """Whether every action is allowed at every turn; read a few rows at a time."""
        full = packed(np.ones((1, actions), bool))
        starts = range(0, len(self.masks), CHUNK)
        return all((self.masks[first : first + CHUNK] == full).all() for first in starts)

    def dialogue_turns(self, dialogues: Ints) -> npt.NDArray[np.int64]:
        """The turn numbers of those dialogues, one dialogue after the other."""
        return places(self.dialogues, dialogues)

    def release(self) -> None:
        """Release the memory of mapped pages; they are read again when needed.

        The operating system would do so too, but only once it has no other memory left.
        """
        if sys.platform != "win32":
            for pages in self.pages:
                pages.madvise(mmap.MADV_DONTNEED)


def build(
    dialogues: Iterable[Dialogue],
    featurizer: Featurizer,
    space: ActionSpace,
    targets: Targets = turn_targets,
    preconditions: Sequence[Precondition] = (),
    *,
    value_masked: bool = True,
) -> Dataset:
    """Featurise `dialogues`; previous actions are those of the corpus.

    Without `value_masked`, `Dataset.value_masked` is `Dataset.turns`: only training needs another.
    Raises `CorpusError` with the place of a vector that is not as long as those of training.
    """
    starts, goals, out_of_space = [0], [], []
    conditions = Preconditions(preconditions, space)
    masks = [packed(np.ones((0, len(space)), bool))]
    utterances: dict[tuple[int, ...], int] = {}
    seen, unseen = _Rows(utterances), _Rows(utterances)
    for dialogue in dialogues:
        previous: list[int] = []
        for number, turn in enumerate(dialogue.turns):
            try:
                if value_masked:
                    vector, other = featurizer.views(turn, previous)
                    seen.add(vector)
                    unseen.add(other)
                else:
                    seen.add(featurizer.turn(turn, previous))
            except CorpusError as error:
                raise CorpusError(f"dialogue {dialogue.id!r} turn {number}: {error}") from None
            previous = featurizer.action_space.ids(turn.actions or ())
        for names in targets(dialogue):
            goals.append(space.ids(names))
            out_of_space.append(any(name not in space for name in names))
        if targets is turn_targets:
            masks.append(packed(_allowed(dialogue, conditions)))
        else:  # a mask of actions says nothing of labels
            masks.append(packed(np.ones((1, len(space)), bool)))
        starts.append(len(seen.utterance))
    turns = seen.turns()
    return Dataset(
        dialogues=np.array(starts, np.int64),
        utterances=Ragged.of(list(utterances), np.int32),
        turns=turns,
        value_masked=unseen.turns() if value_masked else turns,
        targets=Ragged.of(goals, np.int32),
        out_of_space=np.array(out_of_space, bool),
        masks=np.concatenate(masks),
    )


def in_chunks(dialogues: Iterable[Dialogue], turns: int = CHUNK) -> Iterator[list[Dialogue]]:
    """`dialogues` in order, in lists of about `turns` turns; one empty list if there are none."""
    chunk, size, none = list[Dialogue](), 0, True
    for dialogue in dialogues:
        chunk.append(dialogue)
        size += len(dialogue.turns)
        if size >= turns:
            yield chunk
            chunk, size, none = [], 0, False
    if chunk or none:
        yield chunk


def side_by_side(vectors: Iterable[TurnVector]) -> tuple[Ragged, TurnArrays]:
    """Turns of any dialogues as arrays: their distinct utterances, and the turns."""
    utterances: dict[tuple[int, ...], int] = {}
    rows = _Rows(utterances)
    for vector in vectors:
        rows.add(vector)
    return Ragged.of(list(utterances), np.int32), rows.turns()


def _allowed(dialogue: Dialogue, preconditions: Preconditions) -> Bits:
    """What preconditions and `available` leave allowed at each turn. *Shape:* (T, A)."""
    allowed = preconditions.allowed(dialogue)
    for number, turn in enumerate(dialogue.turns):
        if turn.available is not None:
            allowed[number] &= preconditions.space.bits(turn.available)
    return allowed


def packed(bits: Bits) -> npt.NDArray[np.uint8]:
    """Bits packed eight a byte, as in `Dataset.masks`. *Shapes:* (N, A) -> (N, ceil(A / 8))."""
    return np.packbits(bits, axis=1)


class _Rows:
    """Turn vectors collected, before they are arrays."""

    def __init__(self, utterances: dict[tuple[int, ...], int]) -> None:
        self.utterances = utterances
        self.utterance: list[int] = []
        self.columns: list[tuple[int, ...]] = []
        self.values: list[float] = []

    def add(self, vector: TurnVector) -> None:
        number = self.utterances.setdefault(vector.words, len(self.utterances))
        self.utterance.append(number)
        self.columns.append(vector.columns)
        self.values.extend(vector.values)

    def turns(self) -> TurnArrays:
        return TurnArrays(
            np.array(self.utterance, np.int32),
            Ragged.of(self.columns, np.int32),
            np.array(self.values, np.float32),
        )
