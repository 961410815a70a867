"""What the calls of a corpus teach of arguments: sources, constants, and weights for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import SettingsError
from cueline.policy import Policy
from cueline.policy.arguments.argument_model import (
    ABSENT,
    NOWHERE,
    ArgumentModel,
    options,
    weight_name,
)
from cueline.policy.arguments.candidates import ActionParameter, ValueCandidate
from cueline.policy.arguments.correctness import whole_is_right
from cueline.policy.arguments.values import value_key
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.training.listening import Listeners
from cueline.training.parameters import CallExample, corpus_schemas, find_parameters
from cueline.training.repetition import find_repetitions
from cueline.types import Floats, Ints

HIDDEN = 0.4
"""Share of dialogues whose constants are hidden where another source has the right value, so that
values which training did not show are found."""
STEPS, LEARNING_RATE, DECAY = 200, 0.1, 1e-4
NEGLIGIBLE = 0.02
"""Weights below it are left out."""

MAX_LEARNED = 20_000
"""Calls learned from at the most."""


def with_arguments(
    policy: Policy,
    given: Iterable[Dialogue],
    held_out: Iterable[Dialogue],
    listeners: Listeners,
    own: Mapping[str, Any],
) -> Policy:
    """`policy` with what schemas and the calls of `given` teach; as it is where there are none.

    The calls of actions without any in `given` stay as they were. The user's `own` schemas go
    before those of the corpus.
    """
    seed, older = policy.settings.seed, policy.argument_model
    examples = [*islice(call_examples(given, listeners), MAX_LEARNED)]
    called = {one.action for one in examples}
    schemas = {
        action: schema
        for action, schema in {**corpus_schemas(given), **own}.items()
        if action in policy.actions
        and (action in called or older is None or action not in older.by_action)
    }
    if not (examples or schemas):
        return policy
    model = fit_arguments(examples, seed, schemas).over(older)
    curve = _risk_curve(policy.with_words(policy.tagger, model), held_out)
    return policy.with_words(policy.tagger, replace(model, risk_curve=curve))


def check_schemas(own: Mapping[str, Any], actions: ActionSpace, file: str | None) -> None:
    """Raise `SettingsError` where the user's `own` schemas are of an action that is not there."""
    unknown = next((action for action in own if action not in actions), None)
    if unknown is not None:
        near = get_close_matches(unknown, actions.names) or actions.names[:8]
        raise SettingsError(
            f"{file}: $.{unknown}: no such action; the corpus has {', '.join(near)}"
        )


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


def fit_arguments(
    given: Sequence[CallExample], seed: int, schemas: Mapping[str, Any] | None = None
) -> ArgumentModel:
    """The model of the calls of `given`, of tools with these `schemas`."""
    parameters = find_parameters(given, schemas or {})
    problem = _Problem.of(parameters, given, seed)
    weights = problem.fit().tolist()
    kept = {
        name: round(weight, 4)
        for name, weight in zip(problem.names, weights, strict=True)
        if abs(weight) >= NEGLIGIBLE
    }
    model = ArgumentModel(tuple(parameters), kept, schemas=schemas or {})
    return replace(model, repetitions=find_repetitions(given, model.by_action))


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
                if parameter.required and parameter.name not in example.arguments:
                    continue  # it breaks its schema, so there is nothing to learn
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
