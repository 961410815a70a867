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
    from cueline.policy.state import State


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
    so all after a turn is run again for each of the T turns.
    """
    turns = dialogue.turns
    original, states = _decided(policy, turns, policy.start())
    shorter = [turns[:out] + turns[out + 1 :] for out in range(len(turns) - 1)]
    actions = [decision.actions for decision in original]
    due = [actions, *(actions[out + 1 :] for out in range(len(shorter)))]
    likelihood, *without = _likelihoods(policy, [turns, *shorter], due)
    influences: list[list[Influence]] = [[] for _ in turns]
    for out, likely in enumerate(without):
        others, _ = _decided(policy, turns[out + 1 :], states[out])
        for later, other in enumerate(others, start=out + 1):
            change = likelihood[later] - likely[later - out - 1]
            influences[later].append(Influence(out, change, other.actions))
    for found in influences:
        found.sort(key=lambda influence: -abs(influence.change))
    return Explanations(
        Explanation(number, turn, decision, tuple(found))
        for number, (turn, decision, found) in enumerate(
            zip(turns, original, influences, strict=True)
        )
    )


def _decided(
    policy: Policy, turns: Sequence[Turn], state: State
) -> tuple[list[Decision], list[State]]:
    """The decision at each turn that follows `state`, and the state before it."""
    decisions, states = [], []
    for turn in turns:
        states.append(state)
        decision, state = policy.act(turn, state)
        decisions.append(decision)
    return decisions, states


def _likelihoods(
    policy: Policy, dialogues: Sequence[Sequence[Turn]], due: Sequence[Sequence[tuple[str, ...]]]
) -> list[list[float]]:
    """For each of `dialogues`, how likely the actions `due` are at its last turns."""
    dataset = policy.dataset([Dialogue("shorter", tuple(turns)) for turns in dialogues])
    ends = np.cumsum([len(turns) for turns in dialogues])
    rows = np.concatenate(
        [np.arange(end - len(last), end) for end, last in zip(ends, due, strict=True)]
    )
    bits = np.array([policy.actions.bits(names) for last in due for names in last])
    allowed = dataset.allowed(len(policy.actions))[rows]
    log = policy.decision_model.log_likelihood(policy.logits(dataset)[rows], allowed, bits)
    parts = np.split(np.exp(log), np.cumsum([len(last) for last in due])[:-1])
    return [part.tolist() for part in parts]
