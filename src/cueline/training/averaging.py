"""The weights averaged over the last steps of training."""

from __future__ import annotations

from typing import Protocol

import keras
import numpy as np

from cueline.types import Array


class Weighted(Protocol):
    """Layers whose weights have names."""

    def weights(self) -> dict[str, Array]:
        """The arrays by name."""


def averaged(model: keras.Model, network: Weighted) -> dict[str, Array]:
    """The weights averaged over the last steps (Polyak and Juditsky, 1992); `model` stays as it is.

    An average takes back the noise of single steps, and costs nothing when acting.
    """
    variables = model.trainable_variables
    latest = [np.array(variable.numpy()) for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    weights = network.weights()
    for variable, value in zip(variables, latest, strict=True):
        variable.assign(value)
    return weights
