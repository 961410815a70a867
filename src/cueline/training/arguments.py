"""What the calls of a corpus teach of arguments: sources, constants, and weights for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.policy.arguments.argument_model import (
    ABSENT,
    NOWHERE,
    ArgumentModel,
    options,
    weight_name,
)
from cueline.policy.arguments.candidates import (
    ActionParameter,
    Heard,
    Source,
    ValueCandidate,
    plain_name,
)
from cueline.policy.arguments.correctness import whole_is_right
from cueline.policy.arguments.values import as_type, text_form, value_key, value_type
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.training.listening import Listeners
from cueline.types import Floats, Ints

MAX_SOURCES, MAX_CONSTANTS, MAX_FORMS = 30, 40, 50
"""Kept of a parameter at the most, the most frequent ones."""
MAX_CLOSED = 12
"""Values of a parameter that has a closed set of them, at the most."""
HIDDEN = 0.4
"""Share of dialogues whose constants are hidden where another source has the right value, so that
values which training did not show are found."""
STEPS, LEARNING_RATE, DECAY = 200, 0.1, 1e-4
NEGLIGIBLE = 0.02
"""Weights below it are left out."""

MAX_LEARNED = 20_000
"""Calls learned from at the most."""


class CallExample(NamedTuple):
    """A call of the corpus, and what was known before it."""

    action: str
    arguments: Mapping[str, Any]
    heard: Heard
    dialogue: int


def with_arguments(
    policy: Policy,
    given: Iterable[Dialogue],
    held_out: Iterable[Dialogue],
    listeners: Listeners,
) -> Policy:
    """`policy` with what the calls of `given` teach; as it is where there are none.

    The calls of actions without any in `given` stay as they were.
    """
    seed = policy.settings.seed
    examples = [*islice(call_examples(given, listeners), MAX_LEARNED)]
    if not examples:
        return policy
    model = fit_arguments(examples, seed).over(policy.argument_model)
    curve = _risk_curve(policy.with_words(policy.tagger, model), held_out)
    return policy.with_words(policy.tagger, replace(model, risk_curve=curve))


def _risk_curve(policy: Policy, held_out: Iterable[Dialogue]) -> RiskCurve:
    """How often decisions with arguments are wrong in dialogues that were not learned from."""
    confidence, right, dialogue = [], [], []
    for number, one in enumerate(held_out):
        for turn, decision in zip(one.turns, policy.decide(one), strict=True):
            if decision.arguments:
                confidence.append(decision.confidence)
                right.append(whole_is_right(decision, turn))
                dialogue.append(number)
    if not right:
        return RiskCurve()
    return RiskCurve.of(np.array(confidence), np.array(right), np.array(dialogue))


def call_examples(dialogues: Iterable[Dialogue], listeners: Listeners) -> Iterator[CallExample]:
    """Every call, and what was heard before it."""
    for number, dialogue in enumerate(dialogues):
        for heard in listeners.learned(number).hear_all(dialogue):
            for action, calls in heard.turn.arguments.items():
                for call in calls:
                    yield CallExample(action, call, heard, number)


def fit_arguments(given: Sequence[CallExample], seed: int) -> ArgumentModel:
    """The model of the calls of `given`."""
    parameters = find_parameters(given)
    problem = _Problem.of(parameters, given, seed)
    weights = problem.fit().tolist()
    kept = {
        name: round(weight, 4)
        for name, weight in zip(problem.names, weights, strict=True)
        if abs(weight) >= NEGLIGIBLE
    }
    return ArgumentModel(tuple(parameters), kept)


def find_parameters(given: Iterable[CallExample]) -> list[ActionParameter]:
    """The parameters of each action, with the sources that had their values."""
    calls: Counter[str] = Counter()
    values: dict[tuple[str, str], list[Any]] = {}
    sources: dict[tuple[str, str], Counter[Source]] = {}
    for example in given:
        calls[example.action] += 1
        found = _sources_by_key(example.heard) if example.arguments else {}
        for name, value in example.arguments.items():
            at = (example.action, name)
            values.setdefault(at, []).append(value)
            sources.setdefault(at, Counter()).update(list(found.get(value_key(value), ())))
    names: dict[str, set[str]] = {}
    for action, name in values:
        names.setdefault(action, set()).add(plain_name(name))
    return [
        replace(
            _parameter(action, name, some, calls[action], sources[action, name]),
            others=tuple(sorted(names[action] - {plain_name(name)})),
        )
        for (action, name), some in sorted(values.items())
    ]


def _sources_by_key(heard: Heard) -> dict[str, dict[Source, None]]:
    found: dict[str, dict[Source, None]] = {}
    for source, values in heard.sources.items():
        for value in values:
            found.setdefault(value_key(value), {})[source] = None
    return found


def _parameter(
    action: str, name: str, values: list[Any], calls: int, sources: Counter[Source]
) -> ActionParameter:
    kind = Counter(map(value_type, values)).most_common(1)[0][0]
    by_key = {value_key(value): value for value in reversed(values)}
    counts = Counter(map(value_key, values))
    again = [(by_key[key], count) for key, count in counts.most_common(MAX_CONSTANTS) if count > 1]
    constants = [(value, count) for value, count in again if as_type(value, kind) is not None]
    forms = Counter(text_form(value) for value in values if isinstance(value, str))
    shown = sum(count for _, count in constants)
    return ActionParameter(
        action=action,
        name=name,
        type=kind,
        required=len(values) == calls,
        sources=tuple(source for source, _ in sources.most_common(MAX_SOURCES)),
        constants=tuple(value for value, _ in constants),
        closed=len(counts) <= MAX_CLOSED and shown >= 0.9 * len(values),
        forms=tuple(sorted(form for form, _ in forms.most_common(MAX_FORMS))),
    )


class _Problem(NamedTuple):
    """The options of all examples as flat arrays: `M` marks of `O` options of `N` examples."""

    names: list[str]
    """The name of each weight."""
    marks: Ints
    """The weight of each mark. *Shape:* (M,)."""
    option: Ints
    """*Shape:* (M,)."""
    starts: Ints
    """The first option of each example. *Shape:* (N,)."""
    right: Ints
    """The right option of each example. *Shape:* (N,)."""
    options: int

    @classmethod
    def of(
        cls, parameters: Sequence[ActionParameter], given: Iterable[CallExample], seed: int
    ) -> _Problem:
        numbers: dict[str, int] = {}
        marks: list[int] = []
        lengths: list[int] = []
        starts: list[int] = []
        right: list[int] = []
        by_action = ArgumentModel(tuple(parameters), {}).by_action
        hidden: dict[int, bool] = {}
        draw = np.random.default_rng(seed)
        for example in given:
            hide = hidden.setdefault(example.dialogue, bool(draw.random() < HIDDEN))
            for parameter in by_action.get(example.action, ()):
                choices, answer = _choices(parameter, example, hide)
                starts.append(len(lengths))
                right.append(len(lengths) + answer)
                for choice in choices:
                    names = (weight_name(parameter, mark) for mark in choice.marks)
                    marks.extend(numbers.setdefault(name, len(numbers)) for name in names)
                    lengths.append(len(choice.marks))
        option = np.repeat(np.arange(len(lengths)), lengths)
        at, first, answers = (np.array(some, np.int64) for some in (marks, starts, right))
        return cls(list(numbers), at, option, first, answers, len(lengths))

    def fit(self) -> Floats:
        """The weights that make the right options likely (Adam; Kingma and Ba, 2015)."""
        weights: Floats = np.zeros(len(self.names))
        if not len(self.starts):
            return weights
        mean, square = np.zeros_like(weights), np.zeros_like(weights)
        sizes = np.diff(np.append(self.starts, self.options))
        example = np.repeat(np.arange(len(self.starts)), sizes)
        wanted = np.zeros(self.options)
        wanted[self.right] = 1
        for step in range(1, STEPS + 1):
            scores = np.bincount(self.option, weights[self.marks], self.options).astype(float)
            scores -= np.maximum.reduceat(scores, self.starts)[example]
            chance = np.exp(scores)
            chance /= np.add.reduceat(chance, self.starts)[example]
            slope = np.bincount(self.marks, (chance - wanted)[self.option], len(weights))
            slope = slope / len(self.starts) + DECAY * weights
            mean += 0.1 * (slope - mean)
            square += 0.01 * (slope * slope - square)
            rate = LEARNING_RATE * (1 - 0.9 * step / STEPS)
            size = np.sqrt(square / (1 - 0.99**step)) + 1e-8
            weights -= rate * (mean / (1 - 0.9**step)) / size
        return weights


def _choices(
    parameter: ActionParameter, example: CallExample, hide: bool
) -> tuple[list[ValueCandidate], int]:
    """The options of an argument, and the number of the right one.

    With `hide`, the constants are hidden if another source has the right value.
    """
    choices = options(parameter, example.heard)
    if hide:
        bare = [_bare(choice) for choice in choices if choice.source.kind != "constant"]
        number = right_option(bare, parameter, example.arguments)
        if bare[number].source != NOWHERE:
            return bare, number
    return choices, right_option(choices, parameter, example.arguments)


def _bare(choice: ValueCandidate) -> ValueCandidate:
    marks = tuple(mark for mark in choice.marks if not mark.lstrip("~").startswith("constant"))
    return choice._replace(marks=marks)


def right_option(
    choices: Sequence[ValueCandidate], parameter: ActionParameter, arguments: Mapping[str, Any]
) -> int:
    """The number of the option that is right."""
    sources = [choice.source for choice in choices]
    if parameter.name not in arguments:
        return sources.index(ABSENT)
    wanted = value_key(arguments[parameter.name])
    for number, choice in enumerate(choices):
        if choice.source not in (ABSENT, NOWHERE) and value_key(choice.value) == wanted:
            return number
    return sources.index(NOWHERE)
