"""The mask that goes on from `TimeDistributed` is about the axes that its outputs have."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as L
from keras import ops

from cueline.layers import LSTM, StepShapeError, TimeDistributed

from .keras_layers import JAX, Make

WORDS = np.array([[[1, 2, 0], [0, 0, 0]], [[3, 0, 0], [4, 4, 4]]])  # dialogue, turn, word
REAL = WORDS != 0
TURNS = REAL.any(-1)


def mask_of(tensor: Any) -> Any:
    mask = getattr(tensor, "_keras_mask", None)
    return None if mask is None else ops.convert_to_numpy(mask)


class Summed(keras.Layer):
    """A layer of one's own that consumes the words and passes on whatever mask it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.sum(inputs, axis=1)


class Reversed(keras.Layer):
    """A layer of one's own with a mask of its own."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return ops.flip(inputs, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else ops.flip(mask, axis=1)


class Wrong(Reversed):
    """One whose mask is about nothing that it gives."""

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.ones((7, 7, 7), "bool")


# What stands inside, whether it is given the mask of words or that of turns, and what goes on.
GOES_ON: dict[str, tuple[Make, np.ndarray | None, np.ndarray | None]] = {
    "LSTM": (lambda: L.LSTM(4), REAL, TURNS),
    "LSTM, as many units as words": (lambda: L.LSTM(3), REAL, TURNS),
    "LSTM, fused": (lambda: LSTM(3), REAL, TURNS),
    "LSTM, sequences": (lambda: L.LSTM(4, return_sequences=True), REAL, REAL),
    "LSTM, turns known": (lambda: L.LSTM(4), TURNS, TURNS),
    "LSTM, sequences, turns known": (lambda: L.LSTM(4, return_sequences=True), TURNS, TURNS),
    "Bidirectional": (lambda: L.Bidirectional(L.GRU(4)), REAL, TURNS),
    "Dense": (lambda: L.Dense(4), REAL, REAL),
    "Dense of turns": (lambda: L.Dense(4), TURNS, TURNS),
    "pooled": (L.GlobalAveragePooling1D, REAL, TURNS),
    "largest": (L.GlobalMaxPooling1D, REAL, TURNS),
    "flat": (L.Flatten, REAL, TURNS),
    "convolved": (lambda: L.Conv1D(4, 2), REAL, TURNS),
    "Masking": (L.Masking, None, REAL),
    "own, consuming": (Summed, REAL, TURNS),
    "own mask": (Reversed, REAL, REAL[..., ::-1]),
    "model": (lambda: keras.Sequential([L.Dense(4), L.LSTM(3)]), REAL, TURNS),
    "model, turns known": (lambda: keras.Sequential([L.Dense(4), L.LSTM(3)]), TURNS, TURNS),
    "model, sequences": (lambda: keras.Sequential([L.LSTM(3, return_sequences=True)]), REAL, REAL),
    "twice": (lambda: TimeDistributed(L.Dense(2)), REAL, REAL),
    "no mask": (lambda: L.LSTM(4), None, None),
}


def embedded() -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 2)).astype("float32")
    return x * REAL[..., None]


@pytest.mark.parametrize("name", GOES_ON)
def test_the_mask_that_goes_on(name: str) -> None:
    make, mask, expected = GOES_ON[name]
    layer = TimeDistributed(make())
    found = mask_of(layer(embedded(), mask=None if mask is None else ops.convert_to_tensor(mask)))
    np.testing.assert_array_equal(found, expected)


def test_words_numbered_by_turns_are_masked_by_the_embedding_inside() -> None:
    found = mask_of(TimeDistributed(L.Embedding(5, 2, mask_zero=True))(WORDS))
    np.testing.assert_array_equal(found, REAL)


def test_a_model_says_itself_what_is_masked_in_what_it_gives() -> None:
    inside = [L.Embedding(5, 2, mask_zero=True), L.LSTM(3, return_sequences=True)]
    model = keras.Sequential([keras.Input((3,), dtype="int32"), *inside])
    np.testing.assert_array_equal(mask_of(TimeDistributed(model)(WORDS)), REAL)
    model.row_independent = False
    looped = TimeDistributed(model)
    assert looped.unfolded()
    np.testing.assert_array_equal(mask_of(looped(WORDS)), REAL)


def test_of_several_inputs_a_step_is_real_where_one_of_them_is() -> None:
    layer = TimeDistributed(L.Dot(axes=2))
    turns = [np.array([[True, False], [False, False]]), np.array([[False, True], [False, True]])]
    masks = [ops.convert_to_tensor(mask) for mask in turns]
    found = mask_of(layer([embedded(), embedded()], mask=masks))
    np.testing.assert_array_equal(found, turns[0] | turns[1])


def test_each_of_several_outputs_has_its_mask() -> None:
    layer = TimeDistributed(L.LSTM(4, return_sequences=True, return_state=True))
    found = [mask_of(y) for y in layer(embedded(), mask=ops.convert_to_tensor(REAL))]
    for mask, expected in zip(found, [REAL, TURNS, TURNS], strict=True):
        np.testing.assert_array_equal(mask, expected)


def test_a_mask_that_is_about_nothing_is_an_error() -> None:
    with pytest.raises(StepShapeError, match="Wrong 'wrong' makes a mask that does not fit"):
        TimeDistributed(Wrong(name="wrong"))(embedded())


def dialogue_model(distributed: Any, units: int) -> Any:
    """Words -> turns -> dialogue."""
    words = keras.Input((None, None), dtype="int32")
    turns = distributed(L.LSTM(units, seed=1))(L.Embedding(5, 4, mask_zero=True)(words))
    return keras.Model(words, L.LSTM(5, return_sequences=True)(turns))


@settings(max_examples=5 if JAX else 40)
@given(
    lengths=st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=3),
    units=st.sampled_from([3, 4, 6]),
)
def test_padding_of_words_and_turns_changes_nothing(lengths: Any, units: int) -> None:
    """Words -> turns -> dialogue: each real turn has what it has without padding."""
    rng = np.random.default_rng(0)
    dialogues = [[rng.integers(1, 5, max(n, 1)) for n in turns] for turns in lengths]
    words = np.zeros((len(dialogues), 4, 3), "int32")
    for row, turns in enumerate(dialogues):
        for t, turn in enumerate(turns):
            words[row, t, : len(turn)] = turn
    model = dialogue_model(TimeDistributed, units)
    whole = ops.convert_to_numpy(model(words))
    for row, turns in enumerate(dialogues):
        alone = ops.convert_to_numpy(model(words[row : row + 1, : len(turns)]))
        np.testing.assert_allclose(whole[row, : len(turns)], alone[0], atol=1e-5)
        padded = whole[row, len(turns) :]
        np.testing.assert_allclose(padded, np.broadcast_to(alone[0, -1], padded.shape), atol=1e-5)


def test_the_hierarchical_model_that_fails_in_keras_trains_and_is_saved(tmp_path: Any) -> None:
    model = dialogue_model(TimeDistributed, 6)
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(WORDS, np.zeros((2, 2, 5)), verbose=0).history["loss"][0])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (loaded(WORDS), model(WORDS))), atol=1e-6)


@pytest.mark.parametrize("units", [2, 6])
def test_keras_does_not_train_it(units: int) -> None:
    """Its word mask (1, 3, 2) goes to the LSTM over turns, and to the loss, which want (1, 3)."""
    model = dialogue_model(L.TimeDistributed, units)
    model.compile("adam", "mse")
    with pytest.raises((ValueError, RuntimeError)):
        model.fit(np.array([[[1, 2], [3, 0], [0, 0]]]), np.zeros((1, 3, 5)), verbose=0)
