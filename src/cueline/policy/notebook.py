"""Decisions as a notebook shows them: alone, in their dialogue, and explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cueline.dialogue import Turn
from cueline.markup import Html, lines, names, quiet, share, table

if TYPE_CHECKING:
    from cueline.policy.decisions.decision import Decision, Decisions
    from cueline.policy.explain import Explanations, Influence

LIKELY = 8
"""Actions whose probability is shown."""
MATTERING = 3
"""Earlier turns shown, those that matter most."""
MIN_CHANGE = 0.02
"""Changes of probability below this are not shown."""


def decision_html(decision: Decision) -> str:
    """What is decided, how sure that is, the likeliest actions, and what else may be right."""
    ranked = sorted(decision.probabilities.items(), key=lambda pair: -pair[1])[:LIKELY]
    others = [one for one in decision.candidates if one.actions != decision.actions]
    return lines(
        _decided(decision),
        _called(decision.arguments, decision.missing),
        table(("action", "probability"), ((name, share(value)) for name, value in ranked)),
        *(Html(f"or {names(one.actions)} {one.probability:.2f}") for one in others),
        quiet(f"{len(decision.masked)} actions are not allowed here") if decision.masked else None,
    )


def decisions_html(decisions: Decisions) -> str:
    """A dialogue, and what is decided at each of its turns."""
    turns = decisions.dialogue.turns
    rows = (
        (*_turn_cells(number, turn), _verdict(turn, decision), _decided(decision))
        for number, (turn, decision) in enumerate(zip(turns, decisions, strict=True))
    )
    return table(("turn", "user", "right", "", "decided"), rows)


def explanations_html(explanations: Explanations) -> str:
    """The same, with the earlier turns that each decision rests on."""
    rows = (
        (
            *_turn_cells(one.number, one.turn),
            _verdict(one.turn, one.decision),
            _decided(one.decision),
            lines(*map(_influence, _mattering(one.influences))),
        )
        for one in explanations
    )
    return table(("turn", "user", "right", "", "decided", "rests on"), rows)


def _turn_cells(number: int, turn: Turn) -> tuple[int, Html, Html]:
    known = ", ".join(f"{name}: {value}" for name, value in turn.features.items())
    said = quiet("(silent)") if turn.user is None else turn.user
    right = Html("") if turn.actions is None else names(turn.actions)
    return number, lines(said, quiet(known) if known else None), right


def _verdict(turn: Turn, decision: Decision) -> str:
    if turn.actions is None:
        return ""
    return "✓" if set(turn.actions) == set(decision.actions) else "✗"


def _decided(decision: Decision) -> Html:
    sure = "sure" if decision.sure else f"not sure: {decision.reason}"
    return Html(f"{names(decision.actions)} {share(decision.confidence)} {quiet(sure)}")


def _called(arguments: Mapping[str, Any], missing: Mapping[str, tuple[str, ...]]) -> Html:
    calls = (
        f"{action}({', '.join(f'{name}={value!r}' for name, value in call.items())})"
        for action, some in arguments.items()
        for call in some
    )
    lacking = (f"{action} needs {', '.join(what)}" for action, what in missing.items())
    return lines(*calls, *map(quiet, lacking))


def _mattering(influences: tuple[Influence, ...]) -> Iterator[Influence]:
    return (one for one in influences[:MATTERING] if abs(one.change) >= MIN_CHANGE)


def _influence(influence: Influence) -> str:
    return f"turn {influence.turn} {influence.change:+.2f}"
