"""What a policy says at a turn, as Python, JSON and the store of the service have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from cueline.dialogue import Arguments, Dialogue, Span
from cueline.policy.notebook import decision_html, decisions_html

Reason = Literal[
    "sure", "nothing_allowed", "new_action", "unfamiliar", "ambiguous", "unsure", "arguments"
]
"""Why a decision is sure or not; the first that holds, and `unsure` where none does."""


class Candidate(Struct, frozen=True):
    """A set of actions that may be the right one, and the probability that it is."""

    actions: tuple[str, ...]
    probability: float


class Copied(Struct, frozen=True):
    """Where an argument comes from, and the probability that it is right."""

    source: str
    probability: float


class Decision(Struct, frozen=True):
    """What the policy would do at a turn."""

    actions: tuple[str, ...]
    """The bits that are on, in the order of the action space; `()` is a decision too."""
    probabilities: Mapping[str, float]
    """Each action's; exactly 0 for one that is not allowed."""
    sure: bool
    """Whether to act on it, arguments and all; if not, better ask someone."""
    reason: Reason
    """Why it is sure, or why not."""
    confidence: float
    """The probability that the whole set is right, and its arguments, as held-out dialogues bear
    it out."""
    masked: tuple[str, ...]
    """The actions that were not allowed."""
    reasons: Mapping[str, str]
    """For each masked action, why."""
    candidates: tuple[Candidate, ...]
    """The sets of actions that may be right, this decision's among them, the likeliest first."""
    cut: bool
    """Whether there are more candidates than are named."""
    risk: float
    """The share of wrong ones among sure decisions that was chosen."""
    coverage: float
    """The share of turns with the right set among the candidates that was chosen."""
    spans: tuple[Span, ...] = ()
    """What the user named at the turn."""
    arguments: Arguments = {}
    """What the actions are called with: for each that has parameters, its calls."""
    missing: Mapping[str, tuple[str, ...]] = {}
    """For each action, the parameters that need a value which is nowhere."""
    copied: Mapping[str, tuple[Mapping[str, Copied], ...]] = {}
    """As `arguments`: where each was copied from."""

    def _repr_html_(self) -> str:
        return decision_html(self)


class Decisions(list[Decision]):
    """The decisions at the turns of a dialogue, in a notebook shown beside it."""

    def __init__(self, dialogue: Dialogue, decisions: Iterable[Decision]) -> None:
        super().__init__(decisions)
        self.dialogue = dialogue

    def _repr_html_(self) -> str:
        return decisions_html(self)
