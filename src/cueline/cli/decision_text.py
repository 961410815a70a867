"""A decision in words, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cueline.policy import Decision

SHOWN = 4
"""Other candidates shown."""
REASONS = {
    "sure": "sure",
    "nothing_allowed": "not sure: nothing is allowed here",
    "new_action": "not sure: an action is offered that training never saw",
    "unfamiliar": "not sure: most of this turn is new",
    "ambiguous": "not sure: others are about as likely",
    "unsure": "not sure",
    "arguments": "not sure of its arguments",
}


def describe(decision: Decision, said: str) -> str:
    """A decision in a few lines for a person, who said `said`."""
    others = [one for one in decision.candidates if one.actions != decision.actions]
    lines = [f"  {_line(decision.actions, decision.confidence)}, {REASONS[decision.reason]}"]
    lines += [f"    {line}" for line in (*heard(decision, said), *calls(decision))]
    lines += [f"    or {_line(one.actions, one.probability)}" for one in others[:SHOWN]]
    if len(others) > SHOWN:
        more = "at least " if decision.cut else ""
        lines.append(f"    or one of {more}{len(others) - SHOWN} more")
    return "\n".join(lines)


def heard(decision: Decision, said: str) -> list[str]:
    """A line with what was named, if anything: its label, the words, what they stand for."""
    named = [
        f"{span.label} {said[span.start : span.end]!r}"
        + ("" if span.value is None else f" = {span.value!r}")
        for span in decision.spans
    ]
    return [f"heard {', '.join(named)}"] if named else []


def calls(decision: Decision) -> list[str]:
    """A line for each call: its arguments, where they come from, and what is missing."""
    lines = []
    for action, made in decision.arguments.items():
        for call, copied in zip(made, decision.copied[action], strict=True):
            given = [f"{name}={call[name]!r} ({copied[name].source})" for name in call]
            given += [f"{name}=?" for name in decision.missing.get(action, ())]
            lines.append(f"{action}({', '.join(given)})")
    return lines


def _line(actions: tuple[str, ...], probability: float) -> str:
    return f"{' + '.join(actions) or '(nothing)'}  {probability:.0%}"
