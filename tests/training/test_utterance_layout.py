"""However the words of a batch are laid out, every utterance has the encoding of its words."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from cueline.dataset import Ragged
from cueline.layers import LSTM
from cueline.training.sparse_context import SparseContext
from cueline.training.utterance_layout import Filled, Flat
from tests.layers.keras_layers import JAX

on_torch = pytest.mark.skipif(JAX, reason="JAX has no flat layout")
WORDS, EMBEDDING, UNITS = 30, 4, 3
utterances = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=9), min_size=1, max_size=12)


def layers() -> tuple[Any, Any]:
    embedding = keras.layers.Embedding(WORDS, EMBEDDING, keras.initializers.RandomNormal(seed=1))
    lstm = LSTM(UNITS, return_sequences=True, bias_initializer="random_normal")
    embedding.build()
    lstm.build((None, None, EMBEDDING))
    return embedding, lstm


EMBED, ENCODE = layers()


def encoded(layout: Any, said: list[list[int]], encoder: Any) -> tuple[Any, Any]:
    """The encodings, and the row of each utterance among them."""
    arrays, place = layout.arrays(Ragged.of(said, np.int32), len(said), encoder is not None)
    tensors = {name: ops.convert_to_tensor(array) for name, array in arrays.items()}
    index = ops.zeros((1, len(said)), "int32")
    return layout.encodings(tensors, index, EMBED, encoder), place


def by_hand(words: list[int], encoder: Any) -> np.ndarray:
    table = np.asarray(EMBED.get_weights()[0])
    if encoder is None:
        return table[words].sum(axis=0) / max(len(words), 1) ** 0.5
    if not words:
        return np.zeros(UNITS)
    outputs = encoder(ops.convert_to_tensor(table[words][None]))
    return ops.convert_to_numpy(outputs)[0, -1]


@pytest.mark.parametrize("layout", [Filled(), pytest.param(Flat(), marks=on_torch)])
@pytest.mark.parametrize("encoder", [None, ENCODE], ids=["bag", "lstm"])
@settings(max_examples=25, deadline=None)
@given(said=utterances)
def test_each_utterance_has_the_encoding_of_its_words(
    layout: Any, encoder: Any, said: list[list[int]]
) -> None:
    encodings, place = encoded(layout, said, encoder)
    found = ops.convert_to_numpy(encodings)[place]
    expected = [by_hand(words, encoder) for words in said]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@on_torch
@pytest.mark.parametrize("encoder", [None, ENCODE], ids=["bag", "lstm"])
@settings(max_examples=25, deadline=None)
@given(said=utterances, seed=st.integers(0, 99))
def test_both_layouts_have_the_same_gradients(
    encoder: Any, said: list[list[int]], seed: int
) -> None:
    size = EMBEDDING if encoder is None else UNITS
    slope = np.random.default_rng(seed).standard_normal((len(said), size)).astype(np.float32)
    layers = (EMBED,) if encoder is None else (EMBED, ENCODE)
    weights = [variable.value for layer in layers for variable in layer.weights]
    found = []
    for layout in (Flat(), Filled()):
        for weight in weights:
            weight.grad = None
        encodings, place = encoded(layout, said, encoder)
        (encodings[place] * ops.convert_to_tensor(slope)).sum().backward()
        found.append([weight.grad.numpy().copy() for weight in weights])
    for flat, padded in zip(*found, strict=True):
        np.testing.assert_allclose(flat, padded, atol=1e-5)


@given(said=utterances)
def test_a_bag_has_no_padding_and_an_lstm_each_beginning_once(said: list[list[int]]) -> None:
    bag, _ = Flat().arrays(Ragged.of(said, np.int32), 1, False)
    assert len(bag["words"]) == sum(map(len, said))
    tree, place = Flat().arrays(Ragged.of(said, np.int32), 1, True)
    beginnings = {tuple(words[:n]) for words in said for n in range(1, len(words) + 1)}
    assert len(tree["words"]) == len(beginnings)
    alike = [[words == others for words in said] for others in said]
    np.testing.assert_array_equal(place[:, None] == place, alike)


grids = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 6))


@pytest.mark.parametrize("layout", [Filled(), pytest.param(Flat(), marks=on_torch)])
@settings(max_examples=25, deadline=None)
@given(shape=grids, data=st.data(), seed=st.integers(0, 99))
def test_the_context_is_multiplied_as_if_no_column_were_left_out(
    layout: Any, shape: tuple[int, int, int], data: st.DataObject, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows, steps, columns = shape
    dense = rng.standard_normal(shape).astype(np.float32)
    dense[rng.random(shape) < data.draw(st.sampled_from([0.5, 0.9, 1.0]))] = 0
    cells, places = dense.reshape(rows * steps, columns).nonzero()
    order = rng.permutation(len(cells))
    values = dense.reshape(rows * steps, columns)[cells, places]
    context = SparseContext.of([(cells[order], places[order], values[order])])
    arrays = layout.context(context, shape)
    tensors = {name: ops.convert_to_tensor(array) for name, array in arrays.items()}
    encoding = rng.standard_normal((rows, steps, EMBEDDING)).astype(np.float32)
    kernel = rng.standard_normal((EMBEDDING + columns, 3)).astype(np.float32)
    found = layout.product(tensors, ops.convert_to_tensor(encoding), ops.convert_to_tensor(kernel))
    expected = np.concatenate([encoding, dense], axis=-1) @ kernel
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)
