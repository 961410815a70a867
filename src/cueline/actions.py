"""The action space: action names to bits and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue
from cueline.types import Bits


class ActionSpace:
    """A fixed, ordered set of action names; its length is `A` in every shape.

    The order is the order of the bits, so it is part of a policy and never changes under it.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        if len(set(self.names)) != len(self.names):
            raise ValueError("an action is named twice")

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue]) -> ActionSpace:
        """Every action done or offered in `dialogues`, sorted by name."""
        names: set[str] = set()
        for dialogue in dialogues:
            for turn in dialogue.turns:
                names.update(turn.actions or (), turn.available or ())
        return cls(sorted(names))

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """Name to bit number."""
        return {name: bit for bit, name in enumerate(self.names)}

    def ids(self, names: Iterable[str]) -> list[int]:
        """Bit numbers of the known names among `names`, ascending and each once."""
        index = self.index
        return sorted({index[name] for name in names if name in index})

    def bits(self, names: Iterable[str]) -> Bits:
        """The bit vector of `names`; names outside the space have no bit. *Shape:* (A,)."""
        bits = np.zeros(len(self), bool)
        if ids := self.ids(names):
            bits[ids] = True
        return bits

    def named(self, bits: npt.ArrayLike) -> tuple[str, ...]:
        """The names whose bits are on. `bits` *shape:* (A,)."""
        return tuple(self.names[bit] for bit in np.asarray(bits).nonzero()[0].tolist())
