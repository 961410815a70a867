"""How much each earlier turn matters to a decision: leave it out and see what changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cueline.dialogue import Dialogue, Turn
from cueline.policy.decisions.decision import Decision
from cueline.policy.notebook import explanations_html

if TYPE_CHECKING:
    from cueline.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Influence:
    """What one earlier turn does to a decision."""

    turn: int
    """Its number, from 0."""
    change: float
    """How much likelier the decided actions are with it than without it, from -1 to 1."""
    without: tuple[str, ...]
    """What would have been decided without it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A turn, what is decided there, and the earlier turns by how much they matter."""

    number: int
    turn: Turn
    decision: Decision
    influences: tuple[Influence, ...]


class Explanations(list[Explanation]):
    """The turns of a dialogue, explained; a table in a notebook."""

    def _repr_html_(self) -> str:
        return explanations_html(self)


def explain(policy: Policy, dialogue: Dialogue) -> Explanations:
    """Every decision of `dialogue`, its previous actions as the dialogue has them, explained.

    A dialogue without its turn s shows at once what every later turn would have been without it,
    so a dialogue of T turns is run T + 1 times.
    """
    turns = dialogue.turns
    original = policy.decide(dialogue)
    likelihood = _likelihood(policy, dialogue, [decision.actions for decision in original])
    influences: list[list[Influence]] = [[] for _ in turns]
    for out in range(len(turns) - 1):
        shorter = Dialogue(dialogue.id, turns[:out] + turns[out + 1 :])
        others, decided = policy.decide(shorter)[out:], original[out + 1 :]
        likely = _likelihood(policy, shorter, [decision.actions for decision in decided])
        for later, other in enumerate(others):
            change = likelihood[out + 1 + later] - likely[later]
            influences[out + 1 + later].append(Influence(out, change, other.actions))
    for found in influences:
        found.sort(key=lambda influence: -abs(influence.change))
    return Explanations(
        Explanation(number, turn, decision, tuple(found))
        for number, (turn, decision, found) in enumerate(
            zip(turns, original, influences, strict=True)
        )
    )


def _likelihood(
    policy: Policy, dialogue: Dialogue, actions: Sequence[tuple[str, ...]]
) -> list[float]:
    """How likely `actions` are at the last turns of `dialogue`."""
    dataset, last = policy.dataset([dialogue]), len(actions)
    bits = np.array([policy.actions.bits(names) for names in actions])
    allowed = dataset.allowed(len(policy.actions))[-last:]
    log = policy.decision_model.log_likelihood(policy.logits(dataset)[-last:], allowed, bits)
    return [float(likelihood) for likelihood in np.exp(log)]
