"""The loss: the negative log likelihood of the right set of actions, without padding."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from cueline.dataset import Dataset
from cueline.layers.encoders import group_sums
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.types import Array

AT_ONCE = 1_000_000
"""Bits of targets that are counted at a time: NumPy makes each 64 bits wide for that."""


class NegativeLogLikelihood(keras.losses.Loss):
    """Minus the log likelihood of the right set, as `SetDistribution` has it, but for a constant.

    For one action a turn this is the cross-entropy of a softmax. Averaged over real turns alone;
    a turn counts by the mean of the weights of its actions. *Shapes:* y and logits (B, T, A),
    `weight` (A,).
    """

    def __init__(self, sets: SetDistribution, weight: Array) -> None:
        super().__init__(reduction="mean_with_sample_weight", name="nll")
        self.sets = sets
        self.weight = weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """*Shapes:* (B, T, A), (B, T, A) -> (B, T)."""
        nll = log_total(self.sets, y_pred) - ops.sum(y_true * y_pred, axis=-1)
        if (self.weight == 1).all():
            return nll
        count = ops.sum(y_true, axis=-1)
        mean = ops.sum(y_true * ops.convert_to_tensor(self.weight), axis=-1) / ops.maximum(
            count, 1.0
        )
        return nll * ops.where(count > 0, mean, 1.0)


def log_total(sets: SetDistribution, logits: Any) -> Any:
    """The log weight of all sets together. *Shapes:* (..., A) -> (...)."""
    rest = None
    if sets.unseen_log_weight is not None:
        rest = sets.unseen_log_weight + ops.sum(ops.softplus(logits), axis=-1)
    if not sets.sets:
        return rest
    seen = ops.logsumexp(seen_weights(sets, logits), axis=-1)
    return seen if rest is None else ops.logaddexp(seen, rest)


def seen_weights(sets: SetDistribution, logits: Any) -> Any:
    """The log weight of each seen set, summed over its few actions alone.

    A product with the sets' bits would take `A` times `K` steps a turn. *Shapes:* (..., A) ->
    (..., K).
    """
    across = ops.transpose(ops.reshape(logits, (-1, sets.n_actions)))
    sums = ops.transpose(group_sums(across, sets.sum_by_set))
    shape = (*ops.shape(logits)[:-1], len(sets.sets))
    return ops.reshape(sums, shape) + ops.convert_to_tensor(sets.offsets)


def action_weights(dataset: Dataset, actions: int, balance: float) -> Array:
    """The weight of each action: rarer ones more, by the power `balance` of their rarity.

    Scaled so that the mean weight of what is seen is 1, and never above 10. *Shape:* (A,).
    """
    flat, counts = dataset.targets.flat, np.zeros(actions, np.int64)
    for first in range(0, len(flat), AT_ONCE):
        counts += np.bincount(flat[first : first + AT_ONCE], minlength=actions)
    counts = np.maximum(counts, 1)
    weight = (counts.mean() / counts) ** balance
    weight /= np.average(weight, weights=counts)
    return np.minimum(weight, 10).astype(np.float32)
