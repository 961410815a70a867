"""Whether a corpus is about what a policy does: it may be read in another way than it learned."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import CuelineWarning

MAX_UNKNOWN = 0.5
"""Share of acting turns with an unknown action from which a corpus is about something else."""
_MAX_NAMES = 3


class UnknownActions:
    """Counts the turns of a corpus with an action that a policy does not know."""

    def __init__(self, known: ActionSpace, reading: str = "") -> None:
        self.known = known
        self.reading = reading
        """How the policy's corpus was read, where that was said."""
        self.acting = 0
        self.turns = 0
        self.names: Counter[str] = Counter()

    def watched(self, dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
        """`dialogues`, then a `CuelineWarning` if most turns have an unknown action."""
        for dialogue in dialogues:
            self._see(dialogue)
            yield dialogue
        if self.turns > MAX_UNKNOWN * self.acting:
            warnings.warn(self.message, CuelineWarning, stacklevel=2)

    @property
    def message(self) -> str:
        """How many turns have an unknown action, some of these, and what may be the reason."""
        some = ", ".join(repr(name) for name, _ in self.names.most_common(_MAX_NAMES))
        own = ", ".join(map(repr, self.known.names[:_MAX_NAMES]))
        read = f" (its corpus was read with {self.reading})" if self.reading else ""
        return (
            f"the policy does not know what the system does at {self.turns} of {self.acting} turns "
            f"({self.turns / self.acting:.0%}), such as {some}; its own actions are {own}, ...: "
            f"is the corpus read as the policy's was{read}?"
        )

    def _see(self, dialogue: Dialogue) -> None:
        for turn in dialogue.turns:
            unknown = [name for name in turn.actions or () if name not in self.known]
            self.acting += bool(turn.actions)
            self.turns += bool(unknown)
            self.names.update(unknown)
