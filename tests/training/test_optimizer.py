"""One pass or twenty, Adam comes to the same weights, and to the same averages of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from cueline.settings import TrainingSettings
from cueline.training.optimizer import adam
from tests.layers.keras_layers import JAX


def steps(optimizer: Any, gradients: list[list[np.ndarray]]) -> list[np.ndarray]:
    shapes = [gradient.shape for gradient in gradients[0]]
    variables = [keras.Variable(np.ones(shape, np.float32)) for shape in shapes]
    optimizer.build(variables)
    for each in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient) for gradient in each], variables)
    everything = [*variables, *optimizer.variables]
    return [ops.convert_to_numpy(variable) for variable in everything]


@pytest.mark.skipif(JAX, reason="on JAX it is Keras's")
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    clip=st.sampled_from([0.1, 1.0, 100.0]),
    average=st.sampled_from([0.0, 0.5, 0.99]),
)
def test_the_fused_one_is_keras_s(seed: int, clip: float, average: float) -> None:
    rng = np.random.default_rng(seed)
    gradients = [
        [rng.standard_normal(shape).astype(np.float32) for shape in ((5, 3), (3,))]
        for _ in range(4)
    ]
    ours = adam(TrainingSettings(clip=clip, average=average), 0.01)
    theirs = keras.optimizers.Adam(
        0.01, global_clipnorm=clip, use_ema=average > 0, ema_momentum=average
    )
    for found, expected in zip(steps(ours, gradients), steps(theirs, gradients), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
