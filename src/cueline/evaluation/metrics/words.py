"""How well a policy hears, and how right its calls are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cueline.dialogue import Dialogue, Span, Turn, Value
from cueline.evaluation.metrics.bootstrap import middle, resamples
from cueline.policy import Decision
from cueline.policy.arguments.correctness import same_call
from cueline.policy.arguments.memory import span_value
from cueline.policy.arguments.values import same_value, value_key
from cueline.types import Floats


@dataclass(frozen=True, kw_only=True)
class CountedFigures:
    """Right ones of those that there are."""

    right: int
    """Found, and there."""
    found: int
    there: int

    @property
    def f1(self) -> float:
        """The F1 of them."""
        return 2 * self.right / max(self.found + self.there, 1)


@dataclass(frozen=True, kw_only=True)
class WordFigures:
    """What was heard and what was called with what, beside what the corpus has; None without any.

    A span is right where its characters and its label are. A call is right where its action was
    decided on and all its arguments are right.
    """

    span_f1: float | None
    """Micro-F1 of spans, as seqeval has it."""
    joint_goal_accuracy: float | None
    """Share of the user's turns at which all slots so far have the right values."""
    argument_accuracy: float | None
    """Share of right ones among the arguments of calls whose action was decided on."""
    call_accuracy: float | None
    """Share of right calls."""
    labels: Mapping[str, CountedFigures]
    """Spans by label."""
    parameters: Mapping[str, CountedFigures]
    """Arguments by `action.parameter`, of calls whose action was decided on."""
    calls: Mapping[str, CountedFigures]
    """Calls by action."""
    intervals: Mapping[str, tuple[float, float]]
    """95 % intervals by resampling dialogues."""


class _Counts(NamedTuple):
    """Sums of a dialogue, of which every share is made."""

    spans_right: int = 0
    spans_found: int = 0
    spans: int = 0
    goals_right: int = 0
    goals: int = 0
    arguments_right: int = 0
    arguments: int = 0
    calls_right: int = 0
    calls: int = 0


_SHARES: dict[str, Callable[[Floats], Floats]] = {
    "span_f1": lambda sums: _share(2 * sums[0], sums[1] + sums[2]),
    "joint_goal_accuracy": lambda sums: _share(sums[3], sums[4]),
    "argument_accuracy": lambda sums: _share(sums[5], sums[6]),
    "call_accuracy": lambda sums: _share(sums[7], sums[8]),
}


def word_figures(
    dialogues: Sequence[Dialogue], decisions: Sequence[Sequence[Decision]]
) -> WordFigures | None:
    """The figures of `decisions`, those of each turn of each dialogue; None if nothing is named."""
    named, called = has_spans(dialogues), has_calls(dialogues)
    if not (named or called):
        return None
    counter = _Counter(named)
    rows = np.array([counter.count(*both) for both in zip(dialogues, decisions, strict=True)])
    wanted = [
        name
        for name, there in (
            ("span_f1", named),
            ("joint_goal_accuracy", named),
            ("argument_accuracy", called),
            ("call_accuracy", called),
        )
        if there
    ]
    total = rows.sum(axis=0, dtype=float)
    found = {name: float(_SHARES[name](total)) for name in wanted}
    drawn = np.concatenate([weights @ rows for weights in resamples(len(rows))]).T
    return WordFigures(
        span_f1=found.get("span_f1"),
        joint_goal_accuracy=found.get("joint_goal_accuracy"),
        argument_accuracy=found.get("argument_accuracy"),
        call_accuracy=found.get("call_accuracy"),
        labels=_figures(counter.labels),
        parameters=_figures(counter.parameters),
        calls=_figures(counter.calls),
        intervals={name: middle(_SHARES[name](drawn), found[name]) for name in wanted},
    )


def has_spans(dialogues: Sequence[Dialogue]) -> bool:
    """Whether any turn says what the user names."""
    return any(turn.spans for dialogue in dialogues for turn in dialogue.turns)


def has_calls(dialogues: Sequence[Dialogue]) -> bool:
    """Whether any turn says what an action is called with."""
    return any(turn.arguments for dialogue in dialogues for turn in dialogue.turns)


def made_calls(decision: Decision, action: str) -> Sequence[Mapping[str, Any]]:
    """The calls of `action` that were decided on; one without arguments where it has none."""
    made = decision.arguments.get(action, ())
    return made or (({},) if action in decision.actions else ())


def paired_calls(
    calls: Sequence[Mapping[str, Any]], made: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any] | None, int | None]]:
    """Each of `calls` with the place in `made` of the one most like it, then those left of `made`.

    None stands where there is no such call.
    """
    left = list(range(len(made)))
    for call in calls:
        best = max(left, key=lambda place: _agreement(call, made[place]), default=None)
        if best is not None:
            left.remove(best)
        yield call, best
    yield from ((None, place) for place in left)


class _Counter:
    """Counts as dialogues are gone through."""

    def __init__(self, named: bool) -> None:
        self.named = named
        self.labels: dict[str, Counter[str]] = {}
        self.parameters: dict[str, Counter[str]] = {}
        self.calls: dict[str, Counter[str]] = {}

    def count(self, dialogue: Dialogue, decisions: Sequence[Decision]) -> _Counts:
        """Those of one dialogue."""
        total: Counter[str] = Counter()
        slots: dict[str, Value] = {}
        heard: dict[str, Value] = {}
        for turn, decision in zip(dialogue.turns, decisions, strict=True):
            if self.named and turn.user is not None:
                total.update(self._spans(turn, decision.spans))
                slots.update(_values(turn.spans, turn.user))
                heard.update(_values(decision.spans, turn.user))
                total.update(goals=1, goals_right=_same_slots(slots, heard))
            for action, calls in turn.arguments.items():
                total.update(self._calls(action, calls, made_calls(decision, action)))
        return _Counts(**total)

    def _spans(self, turn: Turn, found: Sequence[Span]) -> Iterator[str]:
        there = {(span.start, span.end, span.label) for span in turn.spans}
        ours = {(span.start, span.end, span.label) for span in found}
        for name, some in (("spans_right", there & ours), ("spans_found", ours), ("spans", there)):
            for _, _, label in some:
                yield name
                self.labels.setdefault(label, Counter())[name.removeprefix("spans_")] += 1

    def _calls(
        self,
        action: str,
        calls: Sequence[Mapping[str, Any]],
        made: Sequence[Mapping[str, Any]],
    ) -> Iterator[str]:
        figures = self.calls.setdefault(action, Counter())
        figures.update(spans=len(calls), found=len(made))
        for call, place in paired_calls(calls, made):
            if call is None:
                continue
            yield "calls"
            if place is None:
                continue
            best = made[place]
            for name, value in call.items():
                right = name in best and same_value(value, best[name])
                yield from ("arguments", *["arguments_right"] * right)
                parameter = self.parameters.setdefault(f"{action}.{name}", Counter())
                parameter.update(spans=1, found=name in best, right=right)
            if same_call(call, best):
                yield "calls_right"
                figures["right"] += 1


def _figures(counts: Mapping[str, Counter[str]]) -> dict[str, CountedFigures]:
    return {
        name: CountedFigures(right=some["right"], found=some["found"], there=some["spans"])
        for name, some in sorted(counts.items())
    }


def _agreement(call: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    return sum(name in other and same_value(call[name], other[name]) for name in call)


def _values(spans: Sequence[Span], text: str) -> dict[str, Value]:
    return {span.label: span_value(span, text) for span in spans}


def _same_slots(some: Mapping[str, Value], others: Mapping[str, Value]) -> bool:
    return some.keys() == others.keys() and all(
        value_key(some[label]) == value_key(others[label]) for label in some
    )


def _share(right: Floats, there: Floats) -> Floats:
    return np.asarray(right / np.maximum(there, 1))
