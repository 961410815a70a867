"""What people have reported of `TimeDistributed`, each as it was reported, run on any of the two.

A report returns whether the outcome is right; `outcome` says `right`, `wrong` or `error`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as L
from keras import ops
from keras.src.applications.convnext import LayerScale


class Report(NamedTuple):
    places: str
    """The trackers' numbers, of `keras-team/keras` or `tensorflow/tensorflow`."""
    what: str
    run: Callable[[Any], bool]
    keras: str
    """The outcome in Keras 3.15.1, on JAX and on torch."""


WORDS = np.array([[[1, 2, 0], [3, 4, 4], [0, 0, 0]], [[4, 0, 0], [0, 0, 0], [0, 0, 0]]])
REAL = WORDS != 0


def mask_of(tensor: Any) -> Any:
    mask = getattr(tensor, "_keras_mask", None)
    return None if mask is None else ops.convert_to_numpy(mask)


def same(one: Any, other: Any) -> bool:
    one, other = (ops.convert_to_numpy(v) for v in (one, other))
    return one.shape == other.shape and bool(np.allclose(one, other, atol=1e-5))


def same_mask(tensor: Any, expected: np.ndarray) -> bool:
    found = mask_of(tensor)
    return found is not None and found.shape == expected.shape and bool((found == expected).all())


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def mask_of_other_length(distributed: Any) -> bool:
    try:
        distributed(L.Dense(5))(normal(4, 5, 3), mask=np.ones((4, 6), bool))
    except ValueError:
        return True
    return False


def mask_inside(distributed: Any) -> bool:
    x, layer = normal(2, 3, 3, 2), L.GRU(2)
    steps = [layer(x[:, t], mask=ops.convert_to_tensor(REAL[:, t])) for t in range(3)]
    return same(distributed(layer)(x, mask=ops.convert_to_tensor(REAL)), ops.stack(steps, axis=1))


def embedding_inside(distributed: Any) -> bool:
    return same_mask(distributed(L.Embedding(5, 4, mask_zero=True))(WORDS), REAL)


def masking_inside(distributed: Any) -> bool:
    x = normal(2, 3, 4) * REAL.any(-1)[..., None]
    return same_mask(distributed(L.Masking())(x), REAL.any(-1))


def words_to_turns(distributed: Any) -> bool:
    embedded = L.Embedding(5, 4, mask_zero=True)(WORDS)
    return same_mask(distributed(L.LSTM(6))(embedded), REAL.any(-1))


def words_to_turns_as_wide(distributed: Any) -> bool:
    embedded = L.Embedding(5, 4, mask_zero=True)(WORDS)
    return same_mask(distributed(L.LSTM(3))(embedded), REAL.any(-1))


def hierarchy_trains(distributed: Any) -> bool:
    words = keras.Input((3, 3), dtype="int32")
    turns = distributed(L.LSTM(6))(L.Embedding(5, 4, mask_zero=True)(words))
    model = keras.Model(words, L.LSTM(5, return_sequences=True)(turns))
    model.compile("adam", "mse")
    return bool(np.isfinite(model.fit(WORDS, normal(2, 3, 5), verbose=0).history["loss"][0]))


def pooled_words(distributed: Any) -> bool:
    x, mask = normal(2, 3, 3, 2), ops.convert_to_tensor(REAL)
    return same_mask(distributed(L.GlobalAveragePooling1D())(x, mask=mask), REAL.any(-1))


def turns_known(distributed: Any) -> bool:
    x, turns = normal(2, 3, 3, 2), ops.convert_to_tensor(REAL.any(-1))
    return same_mask(distributed(L.LSTM(4))(x, mask=turns), REAL.any(-1))


def two_inputs(distributed: Any) -> bool:
    x = [normal(2, 3, 4), normal(2, 3, 4)]
    return same(distributed(L.Concatenate())(x), np.concatenate(x, -1))


def inputs_by_name(distributed: Any) -> bool:
    words, context = (
        keras.Input((3,), dtype="int32", name="words"),
        keras.Input((2,), name="context"),
    )
    turn = L.Concatenate()([L.LSTM(4)(L.Embedding(5, 3)(words)), context])
    model = keras.Model({"words": words, "context": context}, turn)
    x = {"words": WORDS, "context": normal(2, 3, 2)}
    steps = [model({name: value[:, t] for name, value in x.items()}) for t in range(3)]
    return same(distributed(model)(x), ops.stack(steps, axis=1))


def two_outputs(distributed: Any) -> bool:
    x = keras.Input((4,))
    model = keras.Model(x, [L.Dense(2)(x), L.Dense(3)(x)])
    found = distributed(model)(normal(2, 3, 4))
    return [tuple(y.shape) for y in found] == [(2, 3, 2), (2, 3, 3)]


def block_of_convnext(distributed: Any) -> bool:
    x = normal(1, 2, 4, 4, 3)
    block = keras.Sequential([keras.Input((4, 4, 3)), L.DepthwiseConv2D(3), LayerScale(0.5, 3)])
    frames = keras.Input((2, 4, 4, 3))
    whole = keras.Model(frames, distributed(block)(frames))
    return same(whole(x), ops.stack([block(x[:, t]) for t in range(2)], axis=1))


def nested_model(distributed: Any) -> bool:
    given = keras.Input((17, 4))
    model = keras.Model(
        given, distributed(keras.Sequential([keras.Input((4,)), L.Flatten()]))(given)
    )
    x = normal(1, 17, 4)
    return same(model.predict(x, verbose=0), x)


def statistics_move(distributed: Any) -> bool:
    layer = L.BatchNormalization(momentum=0.5)
    distributed(layer)(normal(8, 3, 4) + 5, training=True)
    return bool(np.all(ops.convert_to_numpy(layer.moving_mean) > 2))


def last_batch_is_smaller(distributed: Any) -> bool:
    model = keras.Sequential(
        [keras.Input((3,)), L.Embedding(5, 4, mask_zero=True), distributed(L.Dense(5))]
    )
    model.compile("adam", "mse")
    model.fit(np.ones((22, 3)), np.ones((22, 3, 5)), batch_size=16, verbose=0)
    return True


class Called(L.Layer):
    """Counts its calls, and treats each row alone."""

    row_independent = True
    calls = 0

    def call(self, inputs: Any) -> Any:
        self.calls += 1
        return inputs


def called_once(distributed: Any) -> bool:
    layer = Called()
    distributed(layer)(normal(2, 96, 4))
    return layer.calls == 1


REPORTS = [
    Report("keras 22037", "a mask of another length is refused", mask_of_other_length, "right"),
    Report("keras 13176", "a mask of words reaches the GRU inside", mask_inside, "right"),
    Report(
        "keras 3651, 4786, 7292",
        "`Embedding(mask_zero=True)` inside gives its mask",
        embedding_inside,
        "wrong",
    ),
    Report("tensorflow 82316", "`Masking` inside gives its mask", masking_inside, "wrong"),
    Report(
        "keras 3030, 5516",
        "words to turns: the mask that goes on is that of turns",
        words_to_turns,
        "wrong",
    ),
    Report(
        "keras 3030, 5516", "the same with as many units as words", words_to_turns_as_wide, "wrong"
    ),
    Report("keras 4786, 5516", "words to turns to dialogue trains", hierarchy_trains, "error"),
    Report(
        "tensorflow 42127",
        "words averaged: the mask that goes on is that of turns",
        pooled_words,
        "wrong",
    ),
    Report("tensorflow 42127", "a mask of turns around an LSTM over words", turns_known, "error"),
    Report("keras 3057, 8582, 11476; tensorflow 35824", "two inputs", two_inputs, "error"),
    Report("keras 8582, 9864", "inputs by name, of several types", inputs_by_name, "error"),
    Report("tensorflow 40896, 62004", "two outputs", two_outputs, "error"),
    Report("keras 19792", "a `Sequential` inside", nested_model, "right"),
    Report("keras 16656", "a block of ConvNeXt inside", block_of_convnext, "right"),
    Report(
        "keras 7466", "the statistics of `BatchNormalization` inside move", statistics_move, "right"
    ),
    Report(
        "keras 20754", "a last batch that is smaller, under a mask", last_batch_is_smaller, "right"
    ),
    Report("keras 21179, 21208", "the layer is called once, not once a step", called_once, "wrong"),
]


def outcome(report: Report, distributed: Any) -> str:
    try:
        return "right" if report.run(distributed) else "wrong"
    except (ValueError, RuntimeError, TypeError, AttributeError, IndexError):
        return "error"
