"""The right answers of a corpus, those a policy cannot give among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cueline.actions import ActionSpace
from cueline.dataset import Ragged
from cueline.dataset.targets import Targets, turn_targets
from cueline.dialogue import Dialogue
from cueline.types import Bits


@dataclass(frozen=True, slots=True)
class Answers:
    """`N` answers of `D` dialogues: one for each turn, or one for each dialogue at its last turn.

    An action outside the policy's space is out of its space. It counts as any other, and is always
    missed.
    """

    names: tuple[str, ...]
    """The `A` actions of the policy in their order, then those out of its space: `M` together."""
    targets: Ragged
    """Numbers of the actions in `names`, each once, a row an answer."""
    bits: Bits
    """Those of the policy's own. *Shape:* (N, A)."""
    starts: npt.NDArray[np.int64]
    """Dialogue i has answers `starts[i]` up to `starts[i + 1]`. *Shape:* (D + 1,)."""
    turn: npt.NDArray[np.int64]
    """Number of the turn in its dialogue, from 0. *Shape:* (N,)."""

    @classmethod
    def of(cls, dialogues: Sequence[Dialogue], space: ActionSpace, targets: Targets) -> Answers:
        """What `targets` calls right in `dialogues`."""
        number = dict(space.index)
        rows: list[list[int]] = []
        turn: list[int] = []
        starts = [0]
        for dialogue in dialogues:
            right = targets(dialogue)
            rows += [
                sorted({number.setdefault(name, len(number)) for name in names}) for names in right
            ]
            last = len(dialogue.turns) - 1
            turn += range(last + 1) if targets is turn_targets else [last]
            starts.append(len(rows))
        ragged = Ragged.of(rows, np.int64)
        bits = np.zeros((len(rows), len(space)), bool)
        own = ragged.flat < len(space)
        bits[ragged.row_of_each()[own], ragged.flat[own]] = True
        return cls(tuple(number), ragged, bits, np.array(starts), np.array(turn))

    @property
    def single(self) -> bool:
        """Whether every answer is exactly one action."""
        return bool((self.targets.lengths == 1).all())

    @property
    def out_of_space(self) -> npt.NDArray[np.bool_]:
        """Answers with an action out of the space, which no decision can match. *Shape:* (N,)."""
        return np.asarray(self.targets.lengths > self.bits.sum(axis=1))

    @property
    def dialogue(self) -> npt.NDArray[np.int64]:
        """The dialogue that each answer belongs to. *Shape:* (N,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def expected(self, row: int) -> tuple[str, ...]:
        """The names of the right actions of an answer."""
        return tuple(self.names[number] for number in self.targets[row])

    def named(self, bits: Bits) -> tuple[str, ...]:
        """The names of a decision's actions. *Shape:* (A,)."""
        return tuple(self.names[number] for number in np.flatnonzero(bits))

    def take(self, rows: npt.NDArray[np.int64]) -> Answers:
        """Those answers alone, `rows` ascending; some dialogues may be left with none."""
        return Answers(
            self.names,
            self.targets.take(rows),
            self.bits[rows],
            np.searchsorted(rows, self.starts),
            self.turn[rows],
        )

    def right(self, bits: Bits) -> npt.NDArray[np.bool_]:
        """Which decisions are exactly right. *Shapes:* (N, A) -> (N,)."""
        return np.asarray((bits == self.bits).all(axis=1) & ~self.out_of_space)
