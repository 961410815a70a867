"""From a call that is decided on to its arguments, each copied from where such values come from.

A log-linear model of copying by source (the idea is TripPy's, Heck et al., 2020): each value that
an argument may have gets a weight by its sources, beside two more options: that the call goes
without the argument, and that the right value is nowhere. Marks that all parameters share let one
that was seen twice have what the others taught.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cueline.dialogue import Arguments
from cueline.json_schemas import fits
from cueline.policy.arguments.candidates import (
    SHARED,
    ActionParameter,
    Heard,
    Source,
    ValueCandidate,
    candidates,
)
from cueline.policy.arguments.repetition import Repetition, repeated_values
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.decision import Copied, Decision

ABSENT, NOWHERE = Source("absent"), Source("nowhere")
"""In the place of a source: the call goes without the argument; its value is nowhere."""


class Argument(Struct, frozen=True):
    """An argument as it was chosen, and from where."""

    value: Any
    source: Source
    probability: float


class FilledCall(NamedTuple):
    """A call with its arguments."""

    arguments: dict[str, Argument]
    missing: tuple[str, ...]
    """The parameters that need a value which is nowhere."""
    probability: float
    """That all of them are right."""

    @property
    def values(self) -> dict[str, Any]:
        """The arguments by name."""
        return {name: argument.value for name, argument in self.arguments.items()}

    @property
    def copied(self) -> dict[str, Copied]:
        """Where each comes from."""
        return {
            name: Copied(str(argument.source), argument.probability)
            for name, argument in self.arguments.items()
        }


class ArgumentModel(Struct, frozen=True, dict=True):
    """What training showed of the arguments of calls."""

    parameters: tuple[ActionParameter, ...]
    weights: Mapping[str, float]
    """By the name that `weight_name` gives a mark."""
    risk_curve: RiskCurve = RiskCurve()
    """How often decisions with arguments are wrong, by their confidence."""
    schemas: Mapping[str, Any] = {}
    """The JSON schema of each action's arguments, where there is one."""
    repetitions: Mapping[str, Repetition] = {}
    """For which values an action is called several times at a turn, where any was."""

    def over(self, older: ArgumentModel | None) -> ArgumentModel:
        """With the actions of an `older` model that this one does not have."""
        if older is None:
            return self
        others = tuple(one for one in older.parameters if one.action not in self.by_action)
        return replace(
            self,
            parameters=(*self.parameters, *others),
            weights={**older.weights, **self.weights} if others else self.weights,
            schemas={**older.schemas, **self.schemas},
            repetitions={
                action: one
                for action, one in {**older.repetitions, **self.repetitions}.items()
                if action in self.repetitions or action not in self.by_action
            },
        )

    @cached_property
    def by_action(self) -> dict[str, list[ActionParameter]]:
        """The parameters of each action."""
        found: dict[str, list[ActionParameter]] = {}
        for parameter in self.parameters:
            found.setdefault(parameter.action, []).append(parameter)
        return found

    def complete(self, decision: Decision, heard: Heard) -> Decision:
        """`decision` with its arguments; it is sure if the whole of it is, and fits the schemas."""
        calls = {
            action: self.calls(action, heard)
            for action in decision.actions
            if action in self.by_action
        }
        if not calls:
            return decision
        arguments = {action: tuple(one.values for one in some) for action, some in calls.items()}
        needed = {
            action: tuple(dict.fromkeys(name for one in some for name in one.missing))
            for action, some in calls.items()
        }
        missing = {action: names for action, names in needed.items() if names}
        chance = math.prod(one.probability for some in calls.values() for one in some)
        confidence = decision.confidence * chance
        enough = (
            confidence >= self.risk_curve.threshold(decision.risk)
            and not missing
            and self._fit(arguments)
        )
        return replace(
            decision,
            confidence=confidence,
            sure=decision.sure and enough,
            reason="arguments" if decision.sure and not enough else decision.reason,
            arguments=arguments,
            missing=missing,
            copied={action: tuple(one.copied for one in some) for action, some in calls.items()},
        )

    def _fit(self, arguments: Arguments) -> bool:
        """Whether all calls are valid by their schemas."""
        return all(
            fits(call, self.schemas.get(action))
            for action, calls in arguments.items()
            for call in calls
        )

    def least_risk(self, decision: Decision) -> float:
        """The smallest risk at which the arguments of `decision` are sure; infinite where none is.

        One without arguments is as sure as its actions are.
        """
        if not decision.arguments:
            return 0.0
        if decision.missing or not self._fit(decision.arguments):
            return math.inf
        return float(self.risk_curve.least_risk(np.array([decision.confidence]))[0])

    def calls(self, action: str, heard: Heard) -> list[FilledCall]:
        """The calls of `action`; that there are as many is in the probability of the first."""
        repetition = self.repetitions.get(action)
        if repetition is None:
            return [self.call(action, heard)]
        name, source = repetition.parameter, repetition.source
        parameter = next(one for one in self.by_action[action] if one.name == name)
        values = repeated_values(parameter, source, heard)
        if len(values) < 2 or repetition.each < 0.5:
            chance = repetition.once if len(values) < 2 else 1 - repetition.each
            made = [self.call(action, heard)]
        else:
            chance = repetition.each
            fixed = (Argument(value, source, 1.0) for value in values)
            made = [self.call(action, heard, {name: argument}) for argument in fixed]
        return [made[0]._replace(probability=chance * made[0].probability), *made[1:]]

    def call(
        self, action: str, heard: Heard, fixed: Mapping[str, Argument] | None = None
    ) -> FilledCall:
        """`action` with its arguments, of which some may be `fixed`."""
        arguments, missing, probability = {}, [], 1.0
        for parameter in self.by_action.get(action, ()):
            argument = (fixed or {}).get(parameter.name) or self.argument(parameter, heard)
            probability *= argument.probability
            if argument.source == NOWHERE:
                missing.append(parameter.name)
            elif argument.source != ABSENT:
                arguments[parameter.name] = argument
        return FilledCall(arguments, tuple(missing), probability)

    def argument(self, parameter: ActionParameter, heard: Heard) -> Argument:
        """The likeliest value of `parameter`."""
        choices = options(parameter, heard)
        weights = self._weights_of(parameter)
        scores = [
            sum([weights[mark] for mark in choice.marks if mark in weights]) for choice in choices
        ]
        best = max(range(len(scores)), key=scores.__getitem__)
        total = sum(math.exp(score - scores[best]) for score in scores)
        return Argument(choices[best].value, choices[best].source, 1 / total)

    def _weights_of(self, parameter: ActionParameter) -> dict[str, float]:
        """The weight of each mark for `parameter`; 0 for one that is not there."""
        at = (parameter.action, parameter.name)
        if at not in self._by_mark:
            own = weight_name(parameter, "")
            self._by_mark[at] = self._shared | {
                name.removeprefix(own): weight
                for name, weight in self.weights.items()
                if name.startswith(own)
            }
        return self._by_mark[at]

    @cached_property
    def _by_mark(self) -> dict[tuple[str, str], dict[str, float]]:
        return {}

    @cached_property
    def _shared(self) -> dict[str, float]:
        return {name: one for name, one in self.weights.items() if name.startswith(SHARED)}


def weight_name(parameter: ActionParameter, mark: str) -> str:
    """Whose weight a mark has: its own, or the parameter's."""
    return mark if mark[:1] == SHARED else f"{parameter.action} {parameter.name} {mark}"


def options(parameter: ActionParameter, heard: Heard) -> list[ValueCandidate]:
    """The candidates for a value, then that there is none, and that it is nowhere."""
    values = candidates(parameter, heard)
    others = [NOWHERE] if parameter.required else [ABSENT, NOWHERE]
    some = "some value" if values else "no value"
    return values + [
        ValueCandidate(None, one, (one.kind, f"{SHARED}{one.kind}", f"{SHARED}{one.kind} {some}"))
        for one in others
    ]
