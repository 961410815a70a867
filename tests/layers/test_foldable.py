"""Folding is offered only where every row of a batch goes through a layer on its own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

from cueline.layers import LSTM, TimeDistributed
from cueline.layers.foldable import _CONDITIONS, LayerCall
from cueline.layers.foldable import obstacle as obstacle_of

from .keras_layers import (
    FOLDED,
    NOISY,
    NOISY_ROWS,
    Make,
    assert_same,
    joined,
    pair,
    run,
    slow_on_jax,
    steps,
)


def obstacle(layer: Any, training: bool = False, masked: bool = False) -> str:
    return obstacle_of(layer, LayerCall(training, masked, None))


class Centred(keras.Layer):
    """Looks at the whole batch, and says nothing about it."""

    def call(self, inputs: Any) -> Any:
        return inputs - ops.mean(inputs, axis=0)


class Doubled(keras.Layer):
    row_independent = True

    def call(self, inputs: Any) -> Any:
        return 2 * inputs


class Halved(TimeDistributed):
    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return inputs / 2


def centred(x: Any) -> Any:
    return x - ops.mean(x, axis=0, keepdims=True)


def graph(make: Any, *shape: int) -> Any:
    x = keras.Input(shape)
    return keras.Model(x, make(x))


def quantized() -> Any:
    layer = L.Dense(3)
    layer.build((None, 4))
    layer.quantize("int8")
    return layer


def patched() -> Any:
    layer = L.Dense(4)
    layer.call = lambda inputs, training: inputs - ops.mean(inputs, axis=0)
    return layer


def refused(layer: Any) -> Any:
    layer.row_independent = False
    return layer


def inside(*layers: Any) -> Any:
    return keras.Sequential(list(layers))


def image_of_rows() -> Any:
    """Three axes, which `Resizing` takes for one image, the batch for its height."""
    return keras.Sequential([keras.Input((6,)), L.Reshape((2, 3)), L.Resizing(2, 2)])


# Inner layers that see more than their own row: shape of a step, training, and the reason.
UNFOLDED: dict[str, tuple[Make, tuple[int, ...], bool | None, str]] = {
    "batch statistics": (L.BatchNormalization, (4,), True, "whole batch"),
    "image without channels": (lambda: L.Resizing(2, 2), (4, 3), False, "single image"),
    "image inside": (
        lambda: inside(L.Flatten(), L.Dense(6), image_of_rows()),
        (4,),
        False,
        "image",
    ),
    "image drawn": (lambda: L.RandomContrast(0.5, seed=1), (4, 4, 3), True, "at random"),
    "scaled by rows": (lambda: L.Rescaling([[1.0], [2.0]]), (3,), False, "scale rows"),
    "nested statistics": (lambda: inside(L.BatchNormalization()), (4,), True, "whole batch"),
    "shared noise": (lambda: L.Dropout(0.0, noise_shape=(1, 4)), (4,), True, "noise_shape"),
    "short noise": (lambda: L.Dropout(0.0, noise_shape=(4,)), (4,), True, "noise_shape"),
    "stateful": (lambda: L.SimpleRNN(3, stateful=True), (4, 3), False, "stateful"),
    "softmax of the batch": (lambda: L.Softmax(axis=0), (4,), False, "axis"),
    "softmax of rows": (lambda: L.Softmax(axis=-2), (4,), False, "axis"),
    "norm of the batch": (lambda: L.UnitNormalization(axis=[0, 1]), (4,), False, "axis"),
    "einsum": (lambda: L.EinsumDense("ab,bc->ca", 2), (4,), False, "equation"),
    "activation": (lambda: L.Dense(4, activation=lambda x: x - ops.mean(x)), (4,), False, "own"),
    "lambda": (lambda: L.Lambda(lambda x: x - ops.mean(x)), (4,), False, "not known"),
    "unknown layer": (Centred, (4,), False, "not known"),
    "unknown inside": (lambda: L.TimeDistributed(Centred()), (2, 4), False, "not known"),
    "subclass": (lambda: Halved(L.Dense(4)), (2, 4), False, "row_independent = False"),
    "patched": (patched, (4,), False, "not known"),
    "quantized": (quantized, (4,), False, "quantized"),
    "refused": (lambda: refused(L.Dense(3)), (4,), False, "row_independent = False"),
    "loss inside": (lambda: inside(L.Dense(3, activity_regularizer="l2")), (4,), True, "regular"),
    "operation": (lambda: graph(centred, 4), (4,), False, "not known"),
    "any axis": (lambda: graph(lambda x: ops.concatenate([x, x], -2), 4), (4,), False, "axis"),
    "constant": (lambda: graph(lambda x: x + np.ones((2, 4), "float32"), 4), (4,), False, "const"),
    "no axis left": (
        lambda: graph(lambda x: L.Reshape((1,))(L.Softmax()(L.Reshape(())(x))), 1),
        (1,),
        False,
        "without an axis",
    ),
    "ranks": (
        lambda: graph(lambda x: x + L.Flatten()(L.MaxPooling1D(2)(x)), 2, 4),
        (2, 4),
        False,
        "ranks",
    ),
}


@slow_on_jax
@pytest.mark.parametrize("training", [False, None])
@pytest.mark.parametrize("name", [*FOLDED, *NOISY, *NOISY_ROWS])
def test_a_folded_layer_gives_what_the_loop_gives(name: str, training: bool | None) -> None:
    make, shape = {**FOLDED, **NOISY, **NOISY_ROWS}[name]
    x = steps(make, shape, batch=2, time=3)
    ours, theirs = pair(make, x)
    if training is False:
        assert ours.unfolded(training, rank=x.ndim - 1) == ""
    assert_same(run(ours, x, training), run(theirs, x, training))


def test_every_layer_in_the_list_is_compared_with_the_loop() -> None:
    makes = [make for make, _ in (*FOLDED.values(), *NOISY.values(), *NOISY_ROWS.values())]
    makes += [make for make, *_ in UNFOLDED.values()]
    seen = {type(inner) for make in makes for inner in make()._flatten_layers()}
    assert seen >= set(_CONDITIONS)


@pytest.mark.parametrize("name", UNFOLDED)
def test_a_layer_that_sees_more_than_its_row_is_not_folded_and_why(name: str) -> None:
    make, shape, training, reason = UNFOLDED[name]
    layer = TimeDistributed(make())
    layer.build((2, 3, *shape))
    assert reason in layer.unfolded(training)


@slow_on_jax
@pytest.mark.parametrize("name", UNFOLDED)
def test_a_layer_that_is_not_folded_runs_as_in_keras(name: str) -> None:
    make, shape, training, _ = UNFOLDED[name]
    x = steps(make, shape, batch=2, time=3)
    ours, theirs = pair(make, x)
    assert_same(run(ours, x, training), run(theirs, x, training))


def test_statistics_that_stand_still_are_no_obstacle() -> None:
    layer = L.BatchNormalization()
    assert "whole batch" in obstacle(layer, True)
    assert obstacle(layer, False) == ""
    layer.trainable = False
    assert obstacle(layer, True) == ""


@pytest.mark.parametrize("layer", [LSTM, L.LSTM, L.GRU])
def test_state_kept_between_calls_is_an_obstacle(layer: Any) -> None:
    assert obstacle(layer(3)) == ""
    assert "stateful" in obstacle(layer(3, stateful=True))


def test_weights_renewed_at_every_call_are_an_obstacle() -> None:
    assert "every call" in obstacle(L.SpectralNormalization(L.Dense(3)), True)


def test_a_layer_may_say_that_its_rows_are_independent() -> None:
    assert obstacle(Doubled()) == ""
    assert obstacle(inside(Doubled(), L.Dense(3))) != ""  # without a graph nothing is known
    assert obstacle(graph(lambda x: Doubled()(x), 4)) == ""


def test_a_layer_speaks_for_itself_and_not_for_those_inside() -> None:
    layer = Doubled()
    layer.inner = L.BatchNormalization()
    assert "whole batch" in obstacle(layer, True)


@pytest.mark.parametrize(
    "layer", [L.Softmax(), joined(L.Add()), joined(L.Attention()), joined(L.Concatenate())]
)
def test_masks_that_may_spread_over_rows_are_an_obstacle(layer: Any) -> None:
    assert obstacle(layer) == ""
    assert "mask" in obstacle(layer, masked=True)


def test_a_mask_made_inside_and_spread_by_softmax_is_an_obstacle() -> None:
    model = graph(lambda x: L.Softmax()(L.Embedding(5, 3, mask_zero=True)(x)), 3)
    assert "mask" in obstacle(model)
