"""A precondition: when an action may be done at all.

ACTION only after ACTION      it was done in an earlier turn of the dialogue
ACTION never after ACTION
ACTION never twice            that is, never after itself
ACTION only if CONDITION      as the features of the turn are
ACTION never if CONDITION
"""

from __future__ import annotations

from msgspec import Struct

from cueline.rules.conditions import Condition, WasDone, name_text

Fact = WasDone | Condition
"""What a precondition asks about."""


class Precondition(Struct, frozen=True):
    """An action may be done only where `fact` holds, or only where it does not."""

    action: str
    only: bool
    """True for `only`, False for `never`."""
    fact: Fact

    @property
    def text(self) -> str:
        """The line of a rules file that says it: the reason that a decision gives."""
        action, when = name_text(self.action), "only" if self.only else "never"
        if not isinstance(self.fact, WasDone):
            return f"{action} {when} if {self.fact.text}"
        if self.fact.action == self.action and not self.only:
            return f"{action} never twice"
        return f"{action} {when} after {name_text(self.fact.action)}"
