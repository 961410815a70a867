"""A policy's arrays made larger, for words, features and actions that it did not know.

What was there stays, number for number; a new row begins as a copy of the row that the new thing
counted as so far, or as zeros. So the network, before any further training, computes the same at
old turns (Net2Net, Chen et al., 2016).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
import numpy as np

from cueline.actions import ActionSpace
from cueline.dataset.feature_expansion import NOTHING, FeatureExpansion
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.initial import one_action_each, prior_logits
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.types import Array, Ints

Counts = Mapping[tuple[int, ...], int]
READ_CONTEXT = ("turn.kernel", "skip", "output.kernel")
"""The arrays whose last rows are the columns of the context; the last only where there is no
`skip`."""


def action_origins(old: ActionSpace, new: ActionSpace) -> Ints:
    """For each action of `new` its number in `old`, or `NOTHING`. *Shape:* (A,)."""
    return np.array([old.index.get(name, NOTHING) for name in new.names], np.int64)


def grown_weights(
    weights: Mapping[str, Array], growth: FeatureExpansion, actions: Ints, prior: Array
) -> dict[str, Array]:
    """`weights` by the names of `NumpyNetwork`, enlarged; a new action's bias is its `prior`.

    *Shapes:* actions (A,), what `action_origins` gives; prior (A,).
    """
    arrays = dict(weights)
    arrays["embedding"] = _rows(weights["embedding"], growth.words)
    for name in READ_CONTEXT[:2] if "skip" in weights else READ_CONTEXT[::2]:
        others = len(weights[name]) - len(growth.places)
        columns = np.where(growth.columns == NOTHING, NOTHING, growth.columns + others)
        arrays[name] = _rows(weights[name], np.concatenate([np.arange(others), columns]))
    arrays["output.kernel"] = np.ascontiguousarray(_rows(arrays["output.kernel"].T, actions).T)
    bias = _rows(weights["output.bias"][:, None], actions)[:, 0]
    arrays["output.bias"] = np.where(actions == NOTHING, prior, bias)
    return arrays


def grown_prior(prior: Array, counts: Counts, actions: Ints, single_action: bool) -> Array:
    """`prior`, and for a new action the logit of its share in `counts`. *Shape:* (A,).

    The old ones stay, though their shares may have changed: the weights were trained with them.
    """
    old = _rows(prior[:, None], actions)[:, 0]
    return np.where(actions == NOTHING, prior_logits(counts, len(actions), single_action), old)


def grown_decision_model(
    decision_model: DecisionModel, counts: Counts, prior: Array, decisions: str
) -> DecisionModel:
    """`decision_model` for the sets in `counts`; one action a turn while the counts have it so.

    Its calibration stays for now.
    """
    single_action = decision_model.single_action and (
        decisions == "single" or one_action_each(counts)
    )
    distribution = (
        SetDistribution.single_action(len(prior))
        if single_action
        else SetDistribution.of(counts, prior)
    )
    return msgspec.structs.replace(decision_model, distribution=distribution)


def added(counts: Counts, more: Counts) -> Counter[tuple[int, ...]]:
    """How often each set was right, in all."""
    return Counter(counts) + Counter(more)


def _rows(array: Array, origins: Ints) -> Array:
    rows = array[origins]
    rows[origins == NOTHING] = 0
    return rows
