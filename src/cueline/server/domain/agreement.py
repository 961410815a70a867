"""How a policy that did not decide would have: as was decided, and as was corrected."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cueline.policy import Policy
from cueline.server.domain.corrections import corrections
from cueline.server.domain.state_replay import retrace, turns
from cueline.server.events import Event


class Agreement(Struct):
    """Counts of turns that a policy was shown as they went."""

    turns: int = 0
    agreed: int = 0
    """Those at which it decides what was decided."""
    corrected: int = 0
    corrected_right: int = 0
    """Those at which it decides what a correction says."""

    def see(self, policy: Policy, events: Sequence[Event]) -> None:
        """Show `policy` a dialogue."""
        right = {turn: sorted(e.actions) for turn, e in corrections(events).items()}
        stepped = turns(events)
        for event, (decision, _) in zip(stepped, retrace(policy, stepped), strict=True):
            decided = sorted(decision.actions)
            self.turns += 1
            self.agreed += decided == sorted(event.decision.actions)
            if event.turn in right:
                self.corrected += 1
                self.corrected_right += decided == right[event.turn]

    def add(self, other: Agreement) -> None:
        """Count what was seen elsewhere."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
