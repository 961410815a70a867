"""What a policy's settings say about its arrays; anything else is refused before it decides.

A checksum says that a file is as it was written, not that what was written makes sense.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np

from cueline.features import Featurizer
from cueline.json_schemas import is_schema
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.settings import NetworkSettings
from cueline.types import Array

GATES = {"lstm": 4, "gru": 3, "none": 1}
"""Blocks of columns in the kernel of a cell."""


def weight_shapes(
    network: NetworkSettings, featurizer: Featurizer, n_actions: int, skip: int = 0
) -> dict[str, tuple[int, ...]]:
    """The shape of each weight, by name; what is known goes through `skip` numbers, if not 0."""
    gated, units = GATES[network.memory] * network.units, network.units
    encoded = network.encoder_units if network.encoder == "lstm" else network.embedding
    read = encoded + featurizer.width
    shapes: dict[str, tuple[int, ...]] = {
        "embedding": (len(featurizer.vocabulary), network.embedding),
        "turn.kernel": (read, network.turn_units),
        "turn.bias": (network.turn_units,),
        "memory.kernel": (network.turn_units, gated),
        "memory.bias": (gated,),
        "output.kernel": (units + (skip or read), n_actions),
        "output.bias": (n_actions,),
    }
    if skip:
        shapes["skip"] = (read, skip)
    if network.memory != "none":
        shapes["memory.recurrent"] = (units, gated)
    if network.memory == "gru":
        shapes["memory.recurrent_bias"] = (gated,)
    if network.encoder == "lstm":
        shapes["encoder.kernel"] = (network.embedding, 4 * encoded)
        shapes["encoder.recurrent"] = (encoded, 4 * encoded)
        shapes["encoder.bias"] = (4 * encoded,)
    return shapes


def weight_faults(
    network: NetworkSettings, featurizer: Featurizer, n_actions: int, weights: Mapping[str, Array]
) -> Iterator[str]:
    """What is wrong with the weights, a line each."""
    skip = weights["skip"].shape[-1] if weights.get("skip", np.zeros(0)).ndim > 1 else 0
    yield from array_faults(weight_shapes(network, featurizer, n_actions, skip), weights)


def array_faults(
    shapes: Mapping[str, tuple[int, ...]], weights: Mapping[str, Array]
) -> Iterator[str]:
    """What is wrong with arrays that should have those shapes, a line each."""
    for name in sorted(shapes.keys() ^ weights.keys()):
        yield f"array {name!r} is {'missing' if name in shapes else 'not one of this network'}"
    for name in sorted(shapes.keys() & weights.keys()):
        array = weights[name]
        if array.dtype != np.float32:
            yield f"array {name!r} is {array.dtype}, not float32"
        elif array.shape != shapes[name]:
            yield f"array {name!r} has the shape {array.shape}, not {shapes[name]}"
        elif not np.isfinite(array).all():
            yield f"array {name!r} holds numbers that are not finite"


def action_faults(actions: list[str], model: DecisionModel) -> Iterator[str]:
    """What is wrong with the action space, or with a decision model that is of another one."""
    sets, bits = model.distribution, range(len(actions))
    if len(set(actions)) < len(actions):
        yield "$.actions: an action stands twice"
    if sets.n_actions != len(actions):
        yield f"the decision model is for {sets.n_actions} actions, not {len(actions)}"
    if any(bit not in bits for one in sets.sets for bit in one):
        yield "the decision model names an action by a number that none has"
    if len(sets.seen_log_weights) != len(sets.sets):
        counts = f"{len(sets.seen_log_weights)} weights for {len(sets.sets)} sets"
        yield f"the decision model has {counts}"


def calibration_faults(model: DecisionModel) -> Iterator[str]:
    """What is wrong with what makes a decision sure, or a set a candidate."""
    if not model.temperature > 0:
        yield f"the temperature is {model.temperature}, not above 0"
    if model.marginal_threshold is not None and not 0 < model.marginal_threshold < 1:
        yield f"the marginal threshold is {model.marginal_threshold}, not between 0 and 1"
    for platt in filter(None, (model.platt, model.novel_platt)):
        for name in ("slope", "words", "values"):
            if getattr(platt, name) < 0:
                yield f"the confidence has {name} {getattr(platt, name)}, below 0"
    curves = {
        "risk_curve": (model.risk_curve.risk, model.risk_curve.confidence),
        "novel_curve": (model.novel_curve.risk, model.novel_curve.confidence),
        "coverage_curve": (model.coverage_curve.missed, model.coverage_curve.nll),
        "novel_coverage_curve": (
            model.novel_coverage_curve.missed,
            model.novel_coverage_curve.nll,
        ),
    }
    for name, (ascending, descending) in curves.items():
        yield from _curve_faults(name, ascending, descending)


def argument_faults(actions: list[str], model: ArgumentModel) -> Iterator[str]:
    """What is wrong with what actions are called with."""
    for action in sorted(model.by_action.keys() - set(actions)):
        yield f"there are parameters of {action!r}, which is no action of the policy"
    names = [(parameter.action, parameter.name) for parameter in model.parameters]
    for action in sorted(model.schemas):
        if not is_schema(model.schemas[action]):
            yield f"the schema of {action!r} is no JSON schema"
    for action, one in model.repetitions.items():
        if (action, one.parameter) not in names:
            yield f"{action!r} is called for each {one.parameter!r}, which is no parameter of it"
    if len(set(names)) < len(names):
        yield "a parameter stands twice"
    if not all(map(math.isfinite, model.weights.values())):
        yield "a weight is not finite"
    curve = model.risk_curve
    yield from _curve_faults("risk_curve", curve.risk, curve.confidence)


def _curve_faults(
    name: str, ascending: Sequence[float], descending: Sequence[float]
) -> Iterator[str]:
    if len(ascending) != len(descending):
        yield f"{name} has {len(ascending)} shares for {len(descending)} points"
    if list(ascending) != sorted(ascending) or list(descending) != sorted(descending)[::-1]:
        yield f"{name} does not run in one direction"


def feature_faults(featurizer: Featurizer) -> Iterator[str]:
    """What is wrong with the columns of the context features."""
    features = featurizer.context.features
    starts = accumulate((feature.width for feature in features), initial=0)
    for feature, start in zip(features, starts, strict=False):
        if feature.start != start:
            yield f"the feature {feature.name!r} begins at column {feature.start}, not {start}"
        if not feature.scale > 0:
            yield f"the feature {feature.name!r} has the scale {feature.scale}, not above 0"
