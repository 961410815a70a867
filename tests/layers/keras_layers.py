"""What the tests of layers share: inner layers of every kind, and a run with gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from cueline.layers import LSTM, TimeDistributed

Make = Callable[[], Any]
JAX = keras.backend.backend() == "jax"
# JAX compiles Keras's loops for seconds each; on torch, and with -m slow, all of them are run.
slow_on_jax = pytest.mark.slow if JAX else pytest.mark.filterwarnings("default")


def run(layer: Any, x: Any, training: bool | None = None, mask: Any = None) -> dict[str, Any]:
    """Outputs, losses, the gradients of a weighted sum of both, and the state left behind."""
    if not layer.built:
        layer.build(x.shape)
    runs = {"jax": _run_jax, "torch": _run_torch, "tensorflow": _run_tensorflow}
    return runs[keras.backend.backend()](layer, x, training, mask)


def _total(y: Any, losses: list[Any]) -> Any:
    weights = np.cos(np.arange(np.prod(y.shape)).reshape(y.shape)).astype("float32")
    return ops.sum(y * ops.convert_to_tensor(weights)) + sum(losses, 0.0)


def _run_jax(layer: Any, x: Any, training: Any, mask: Any) -> dict[str, Any]:
    import jax

    def call(trainable: Any, x: Any) -> Any:
        mapping = [*zip(layer.trainable_variables, trainable, strict=True)]
        mapping += [(v, v.value) for v in layer.non_trainable_variables]
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
            y = layer(x, training=training, mask=mask)
            left = [scope.get_current_value(v) for v in layer.non_trainable_weights]
            return _total(y, layer.losses), (y, layer.losses, left)

    trainable = [v.value for v in layer.trainable_variables]
    floats = np.issubdtype(x.dtype, np.floating)
    slopes = jax.jit(jax.grad(call, (0, 1) if floats else (0,), has_aux=True))
    grads, (y, losses, left) = slopes(trainable, ops.convert_to_tensor(x))
    return {"y": y, "grads": grads, "losses": losses, "state": left}


def _run_torch(layer: Any, x: Any, training: Any, mask: Any) -> dict[str, Any]:
    import torch

    x = torch.tensor(x, requires_grad=bool(np.issubdtype(x.dtype, np.floating)))
    leaves = [v.value for v in layer.trainable_variables] + [x] * x.requires_grad
    y = layer(x, training=training, mask=mask)
    losses = layer.losses
    grads = torch.autograd.grad(_total(y, losses), leaves, allow_unused=True) if leaves else ()
    left = [v.value.clone() for v in layer.non_trainable_weights]
    return {"y": y.detach(), "grads": grads, "losses": losses, "state": left}


def _run_tensorflow(layer: Any, x: Any, training: Any, mask: Any) -> dict[str, Any]:
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    leaves = [v.value for v in layer.trainable_variables] + [x] * x.dtype.is_floating
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        y = layer(x, training=training, mask=mask)
        losses = layer.losses
        total = _total(y, losses)
    grads = [tf.convert_to_tensor(g) for g in tape.gradient(total, leaves) if g is not None]
    left = [v.value for v in layer.non_trainable_weights]
    return {"y": y, "grads": grads, "losses": losses, "state": left}


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """The same numbers, but for the rounding of sums taken in another order."""
    assert len(ours["losses"]) == len(theirs["losses"])
    for name in theirs:
        flat = keras.tree.flatten(ours[name]), keras.tree.flatten(theirs[name])
        for mine, his in zip(*flat, strict=True):
            if his is not None:
                mine, his = ops.convert_to_numpy(mine), ops.convert_to_numpy(his)
                np.testing.assert_allclose(mine, his, rtol=1e-4, atol=2e-5, err_msg=name)


def joined(layer: Any) -> Any:
    """A model that gives `layer` two tensors: its input (3, 4), and a Dense of it."""
    x = keras.Input((3, 4))
    return keras.Model(x, layer([x, L.Dense(4)(x)]))


def attended(layer: Any) -> Any:
    x = keras.Input((3, 4))
    return keras.Model(x, layer(x, L.Dense(4)(x)))


def residual() -> Any:
    x = keras.Input((4,))
    shared = L.Dense(4, "tanh")
    return keras.Model(x, L.Concatenate()([L.Add()([x, shared(shared(x))]), x]))


def words_to_turn() -> Any:
    """What stands inside `TimeDistributed` when words become a turn: its LSTM sees a mask."""
    return keras.Sequential([L.Embedding(5, 3, mask_zero=True), L.LSTM(4)])


# Inner layers that may be folded, and the shape of one of their time steps.
FOLDED: dict[str, tuple[Make, tuple[int, ...]]] = {
    "Identity": (L.Identity, (3,)),
    "Dense": (lambda: L.Dense(3, "relu"), (4,)),
    "Dense, own activity regularizer": (lambda: L.Dense(3, activity_regularizer="l2"), (4,)),
    "Dense, weight regularizer": (lambda: L.Dense(3, kernel_regularizer="l2"), (4,)),
    "Dense, layer as activation": (lambda: L.Dense(3, activation=L.LeakyReLU()), (4,)),
    "EinsumDense": (lambda: L.EinsumDense("abc,cd->abd", (None, 2)), (3, 4)),
    "EinsumDense, any rank": (lambda: L.EinsumDense("...x,xy->...y", 2), (3, 4)),
    "Embedding": (lambda: L.Embedding(5, 3), (4,)),
    "Masking": (L.Masking, (3, 4)),
    "Activation": (lambda: L.Activation("softmax"), (4,)),
    "ReLU": (L.ReLU, (4,)),
    "LeakyReLU": (L.LeakyReLU, (4,)),
    "ELU": (L.ELU, (4,)),
    "PReLU": (L.PReLU, (4,)),
    "Softmax": (L.Softmax, (4,)),
    "Softmax, axis 1": (lambda: L.Softmax(axis=1), (3, 4)),
    "Conv1D": (lambda: L.Conv1D(2, 2), (4, 3)),
    "Conv2D": (lambda: L.Conv2D(2, 2), (4, 3, 2)),
    "Conv3D": (lambda: L.Conv3D(2, 2), (2, 3, 2, 2)),
    "Conv1DTranspose": (lambda: L.Conv1DTranspose(2, 2), (4, 3)),
    "Conv2DTranspose": (lambda: L.Conv2DTranspose(2, 2), (4, 3, 2)),
    "Conv3DTranspose": (lambda: L.Conv3DTranspose(2, 2), (2, 3, 2, 2)),
    "DepthwiseConv1D": (lambda: L.DepthwiseConv1D(2), (4, 3)),
    "DepthwiseConv2D": (lambda: L.DepthwiseConv2D(2), (4, 3, 2)),
    "SeparableConv1D": (lambda: L.SeparableConv1D(2, 2), (4, 3)),
    "SeparableConv2D": (lambda: L.SeparableConv2D(2, 2), (4, 3, 2)),
    "MaxPooling1D": (L.MaxPooling1D, (4, 3)),
    "MaxPooling2D": (L.MaxPooling2D, (4, 3, 2)),
    "MaxPooling3D": (L.MaxPooling3D, (2, 2, 2, 2)),
    "AveragePooling1D": (lambda: L.AveragePooling1D(2), (4, 3)),
    "AveragePooling2D": (lambda: L.AveragePooling2D(2), (4, 3, 2)),
    "AveragePooling3D": (lambda: L.AveragePooling3D(2), (2, 2, 2, 2)),
    "GlobalMaxPooling1D": (L.GlobalMaxPooling1D, (4, 3)),
    "GlobalMaxPooling2D": (L.GlobalMaxPooling2D, (4, 3, 2)),
    "GlobalMaxPooling3D": (L.GlobalMaxPooling3D, (2, 2, 2, 2)),
    "GlobalAveragePooling1D": (L.GlobalAveragePooling1D, (4, 3)),
    "GlobalAveragePooling2D": (L.GlobalAveragePooling2D, (4, 3, 2)),
    "GlobalAveragePooling3D": (L.GlobalAveragePooling3D, (2, 2, 2, 2)),
    "Flatten": (L.Flatten, (4, 3)),
    "Reshape": (lambda: L.Reshape((2, -1)), (4, 3)),
    "Permute": (lambda: L.Permute((2, 1)), (4, 3)),
    "RepeatVector": (lambda: L.RepeatVector(2), (4,)),
    "Cropping1D": (L.Cropping1D, (4, 3)),
    "Cropping2D": (lambda: L.Cropping2D(1), (4, 3, 2)),
    "Cropping3D": (lambda: L.Cropping3D(1), (3, 3, 3, 2)),
    "UpSampling1D": (L.UpSampling1D, (4, 3)),
    "UpSampling2D": (L.UpSampling2D, (4, 3, 2)),
    "UpSampling3D": (L.UpSampling3D, (2, 2, 2, 2)),
    "ZeroPadding1D": (L.ZeroPadding1D, (4, 3)),
    "ZeroPadding2D": (L.ZeroPadding2D, (4, 3, 2)),
    "ZeroPadding3D": (L.ZeroPadding3D, (2, 2, 2, 2)),
    "Add": (lambda: joined(L.Add()), (3, 4)),
    "Subtract": (lambda: joined(L.Subtract()), (3, 4)),
    "Multiply": (lambda: joined(L.Multiply()), (3, 4)),
    "Average": (lambda: joined(L.Average()), (3, 4)),
    "Maximum": (lambda: joined(L.Maximum()), (3, 4)),
    "Minimum": (lambda: joined(L.Minimum()), (3, 4)),
    "Dot": (lambda: joined(L.Dot(axes=2)), (3, 4)),
    "Concatenate": (lambda: joined(L.Concatenate(axis=1)), (3, 4)),
    "Attention": (lambda: joined(L.Attention(use_scale=True)), (3, 4)),
    "AdditiveAttention": (lambda: joined(L.AdditiveAttention()), (3, 4)),
    "MultiHeadAttention": (lambda: attended(L.MultiHeadAttention(2, 3)), (3, 4)),
    "LayerNormalization": (L.LayerNormalization, (4,)),
    "RMSNormalization": (L.RMSNormalization, (4,)),
    "UnitNormalization": (L.UnitNormalization, (4,)),
    "GroupNormalization": (lambda: L.GroupNormalization(2), (3, 4)),
    "BatchNormalization, at rest": (L.BatchNormalization, (4,)),
    "SpectralNormalization, at rest": (lambda: L.SpectralNormalization(L.Dense(3)), (4,)),
    "ActivityRegularization": (L.ActivityRegularization, (4,)),
    "LSTM": (lambda: L.LSTM(3), (4, 3)),
    "LSTM, sequences": (lambda: L.LSTM(3, return_sequences=True, go_backwards=True), (4, 3)),
    "LSTM, fused": (lambda: LSTM(3), (4, 3)),
    "GRU": (lambda: L.GRU(3), (4, 3)),
    "SimpleRNN": (lambda: L.SimpleRNN(3, unroll=True), (4, 3)),
    "RNN": (lambda: L.RNN([L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)]), (4, 3)),
    "Bidirectional": (lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)), (4, 3)),
    "TimeDistributed": (lambda: L.TimeDistributed(L.Dense(3)), (2, 4)),
    "TimeDistributed, folded": (lambda: TimeDistributed(L.Dense(3)), (2, 4)),
    "ConvLSTM1D": (lambda: L.ConvLSTM1D(2, 2), (3, 4, 2)),
    "ConvLSTM2D": (lambda: L.ConvLSTM2D(2, 2, return_sequences=True), (2, 3, 3, 2)),
    "ConvLSTM3D": (lambda: L.ConvLSTM3D(2, 2), (2, 2, 2, 2, 2)),
    "Rescaling": (lambda: L.Rescaling([1 / 255, 2.0], -1.0), (3, 2)),
    "Normalization": (lambda: L.Normalization(mean=[1.0, 2.0], variance=[3.0, 4.0]), (3, 2)),
    "Normalization of all": (lambda: L.Normalization(None, mean=1.0, variance=4.0), (3, 2)),
    "Resizing": (lambda: L.Resizing(4, 5), (3, 2, 2)),
    "CenterCrop": (lambda: L.CenterCrop(2, 2), (3, 4, 2)),
    **{
        f"{kind.__name__}, at rest": (partial(kind, 0.2), (3, 4, 2))
        for kind in (
            L.RandomBrightness,
            L.RandomContrast,
            L.RandomRotation,
            L.RandomZoom,
        )
    },
    "RandomTranslation, at rest": (lambda: L.RandomTranslation(0.2, 0.2), (3, 4, 2)),
    "LayerScale": (lambda: LayerScale(0.5, 4), (4,)),
    "CustomScaleLayer": (lambda: joined(CustomScaleLayer(0.3)), (3, 4)),
    "Functional": (residual, (4,)),
    "Sequential": (words_to_turn, (4,)),
    "nested": (lambda: keras.Sequential([L.TimeDistributed(residual()), L.GRU(2)]), (2, 4)),
}
# Folded too, but random in training, where only the distribution is the same.
NOISY: dict[str, tuple[Make, tuple[int, ...]]] = {
    "Dropout": (lambda: L.Dropout(0.5, noise_shape=(None, 1, 400)), (3, 400)),
    "AlphaDropout": (lambda: L.AlphaDropout(0.5), (400,)),
    "GaussianDropout": (lambda: L.GaussianDropout(0.5), (400,)),
    "GaussianNoise": (lambda: L.GaussianNoise(0.5), (400,)),
    "SpatialDropout1D": (lambda: L.SpatialDropout1D(0.5), (3, 400)),
    "SpatialDropout2D": (lambda: L.SpatialDropout2D(0.5), (2, 2, 400)),
    "SpatialDropout3D": (lambda: L.SpatialDropout3D(0.5), (1, 2, 2, 400)),
}
# Random too, but one draw for all that is in a row.
NOISY_ROWS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "RandomFlip": (lambda: L.RandomFlip("horizontal"), (1, 9, 3)),
    "StochasticDepth": (lambda: StochasticDepth(0.5), (4,)),
}


def steps(make: Make, shape: tuple[int, ...], batch: int, time: int, seed: int = 0) -> np.ndarray:
    """Input for `make()` at `time` steps; word numbers where it begins with an embedding."""
    rng = np.random.default_rng(seed)
    if any(isinstance(layer, L.Embedding) for layer in make()._flatten_layers()):
        return rng.integers(0, 5, (batch, time, *shape)).astype("int32")
    return rng.standard_normal((batch, time, *shape)).astype("float32")


def pair(make: Make, x: np.ndarray) -> tuple[Any, Any]:
    """Our `TimeDistributed` and Keras's, around the same layer with the same weights."""
    ours, theirs = TimeDistributed(make()), keras.layers.TimeDistributed(make())
    ours.build(x.shape)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    return ours, theirs
