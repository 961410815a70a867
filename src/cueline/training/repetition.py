"""How often an action is called at a turn, and for which values: learned from turns with calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from cueline.policy.arguments.candidates import ActionParameter, Heard, Source
from cueline.policy.arguments.repetition import Repetition, repeated_values
from cueline.policy.arguments.values import value_key
from cueline.training.parameters import CallExample

Calls = Sequence[Mapping[str, Any]]
KINDS = ("span", "result", "feature")
"""The kinds of sources that have several values at once."""


def find_repetitions(
    given: Iterable[CallExample], parameters: Mapping[str, Sequence[ActionParameter]]
) -> dict[str, Repetition]:
    """For each action that was called several times at a turn, for which values that was."""
    turns: dict[str, list[tuple[Heard, Calls]]] = {}
    for (_, action), some in groupby(given, lambda one: (id(one.heard), one.action)):
        examples = list(some)
        calls = [one.arguments for one in examples]
        turns.setdefault(action, []).append((examples[0].heard, calls))
    found = {}
    for action, shown in turns.items():
        if any(len(calls) > 1 for _, calls in shown):
            repetition = _repetition(shown, parameters.get(action, ()))
            if repetition is not None:
                found[action] = repetition
    return found


def _repetition(
    shown: Sequence[tuple[Heard, Calls]], parameters: Sequence[ActionParameter]
) -> Repetition | None:
    """The parameter and source by whose values most turns with several calls are as they are."""
    by_name = {one.name: one for one in parameters}
    counts: Counter[tuple[str, Source]] = Counter()
    for heard, calls in shown:
        if len(calls) > 1:
            counts.update(
                (name, source)
                for name, parameter in by_name.items()
                for source in heard.sources
                if source.kind in KINDS and _made_for(parameter, source, heard, calls)
            )
    if not counts:
        return None
    (name, source), _ = max(counts.items(), key=lambda one: (one[1], one[0]))
    several = right = once = single = 0
    for heard, calls in shown:
        if len(repeated_values(by_name[name], source, heard)) > 1:
            several += 1
            right += _made_for(by_name[name], source, heard, calls)
        else:
            single += 1
            once += len(calls) == 1
    return Repetition(name, source, (right + 1) / (several + 2), (once + 1) / (single + 2))


def _made_for(parameter: ActionParameter, source: Source, heard: Heard, calls: Calls) -> bool:
    """Whether there is one of `calls` for each value of `source`, and no other."""
    values = sorted(map(value_key, repeated_values(parameter, source, heard)))
    return values == sorted(value_key(call.get(parameter.name)) for call in calls)
