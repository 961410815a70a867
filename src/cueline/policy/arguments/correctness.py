"""Whether calls are those that a corpus has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cueline.dialogue import Turn
from cueline.policy.arguments.values import same_value
from cueline.policy.decisions.decision import Decision


def same_call(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two calls have the same arguments."""
    return one.keys() == other.keys() and all(same_value(one[name], other[name]) for name in one)


def same_calls(some: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the calls of an action are the same, in any order."""
    left = list(others)
    for call in some:
        match = next((other for other in left if same_call(call, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def whole_is_right(decision: Decision, turn: Turn) -> bool:
    """Whether the actions and all their arguments are those of `turn`."""
    wanted = {action: calls for action, calls in turn.arguments.items() if any(calls)}
    made = {action: calls for action, calls in decision.arguments.items() if any(calls)}
    return (
        set(decision.actions) == set(turn.actions or ())
        and made.keys() == wanted.keys()
        and all(same_calls(made[action], wanted[action]) for action in made)
    )
