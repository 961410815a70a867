"""What a policy keeps of a dialogue from one turn to the next."""

from __future__ import annotations

from msgspec import Struct

from cueline.policy.arguments.memory import Memory
from cueline.policy.rnn_cells import Carry


class State(Struct, frozen=True):
    """All that a policy keeps of a dialogue: small, and of one size however long the dialogue.

    It is never changed, only replaced, so any number of dialogues and branches of dialogues can
    stand side by side.
    """

    carry: Carry
    """The recurrent cell's h and c. *Shapes:* (1, H)."""
    previous: tuple[int, ...] = ()
    """Bit numbers of the actions at the previous turn."""
    done: tuple[int, ...] = ()
    """Bit numbers of the actions at any turn before that."""
    turn: int = 0
    """How many turns have been seen."""
    memory: Memory = Memory()
    """What was heard and seen that an argument may be; empty where a policy knows of none."""

    @property
    def done_before(self) -> tuple[int, ...]:
        """What the next turn finds done: bit numbers of the actions at any turn so far."""
        return tuple(sorted({*self.done, *self.previous}))
