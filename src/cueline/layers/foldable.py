"""May the time steps of a layer be run as rows of one batch?

Only if each row goes through the layer on its own (*row-independent*): no statistic of the whole
batch, no state carried from one call to the next, no loss added per call. Whether a layer is so
cannot be seen from outside, hence a list: the Keras layers read and found row-independent, some of
them under a condition. The list is searched by exact type, since a subclass may do anything, and
everything inside a layer (wrapped layers, RNN cells, the graph of a model) is checked as well.

What is not in the list is not folded, unless it says `row_independent = True`, as attribute or
property: *my own `call` treats each batch row alone, adds no losses and keeps no state*. It speaks
for itself only; its sublayers are checked as any other. `row_independent = False` forbids folding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from cueline.layers.keras_compat import (
    INNER_LAYERS,
    Functional,
    calls_of,
    graph_of,
    inner_layers,
    operations,
)
from cueline.layers.lstm import LSTM


class LayerCall(NamedTuple):
    """How a layer is called."""

    training: bool
    masked: bool
    """Whether it is given a mask from outside."""
    rank: int | None
    """How many axes its input has, the batch among them; None where that is not known."""


Condition = Callable[[Any, LayerCall], str]


def _always(layer: Any, call: LayerCall) -> str:
    return ""


def _no_batch_statistics(layer: Any, call: LayerCall) -> str:
    trains = call.training and layer.trainable
    return "uses statistics of the whole batch in training" if trains else ""


def _no_power_iteration(layer: Any, call: LayerCall) -> str:
    return "renews its vectors at every call in training" if call.training else ""


def _no_state(layer: Any, call: LayerCall) -> str:
    return "is stateful" if layer.stateful else ""


def _noise_per_row(layer: Any, call: LayerCall) -> str:
    shape = layer.noise_shape
    per_row = not call.training or shape is None or tuple(shape)[:1] == (None,)
    return "" if per_row else f"shares its noise between rows (noise_shape={tuple(shape)})"


def _axis_within_row(layer: Any, call: LayerCall) -> str:
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    # Other negative axes may be the batch axis, depending on the rank; None is all axes.
    within = all(axis is not None and (axis == -1 or axis > 0) for axis in axes)
    return "" if within else f"may work across rows (axis={layer.axis})"


def _attention_within_row(layer: Any, call: LayerCall) -> str:
    axes = layer.attention_axes or ()
    within = all(axis > 0 for axis in axes)
    return "" if within else f"may attend across rows (attention_axes={axes})"


_BATCH_KEPT = re.compile(r"(\w)(?!\w*\1)\w*,(?!\w*\1)\w*->\1\w*|\.\.\.\w,\w*->\.\.\.\w+")


def _equation_within_row(layer: Any, call: LayerCall) -> str:
    kept = _BATCH_KEPT.fullmatch(layer.equation.replace(" ", ""))
    return "" if kept else f"may work across rows (equation={layer.equation!r})"


def _scale_within_row(layer: Any, call: LayerCall) -> str:
    within = max(np.ndim(layer.scale), np.ndim(layer.offset)) <= 1
    return "" if within else "may scale rows differently"


def _images_in_batch(layer: Any, call: LayerCall) -> str:
    """Three axes are one image to these layers, whose height would be the batch."""
    return "" if call.rank == 4 else "takes what has not 4 axes for a single image"


def _images_at_rest(layer: Any, call: LayerCall) -> str:
    draws = "draws at random, perhaps for all rows at once, in training"
    return draws if call.training else _images_in_batch(layer, call)


_ALWAYS = """
    InputLayer Identity Dense Embedding Masking Activation ReLU LeakyReLU ELU PReLU
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
    DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D
    UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    Add Subtract Multiply Average Maximum Minimum Dot Attention AdditiveAttention
    SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout GaussianNoise
    ActivityRegularization LSTMCell GRUCell SimpleRNNCell StackedRNNCells TimeDistributed
"""
_WITHIN_ROW = """
    Softmax Concatenate LayerNormalization RMSNormalization UnitNormalization GroupNormalization
    Normalization
"""
_RECURRENT = "RNN LSTM GRU SimpleRNN Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D"
_RANDOM_IMAGES = """
    RandomBrightness RandomContrast RandomRotation RandomTranslation RandomZoom
"""

# Operations in the graph of a model: those that Keras puts there to pass masks on, and operators.
_ELEMENTWISE = """
    Add Subtract Multiply TrueDivide Negative Equal NotEqual Greater GreaterEqual Less LessEqual
    LogicalAnd LogicalOr LogicalNot OnesLike ZerosLike
"""


def _each(names: str, condition: Condition, room: Any = layers) -> dict[type, Condition]:
    return {getattr(room, name): condition for name in names.split()}


_CONDITIONS: dict[type, Condition] = {
    **_each(_ALWAYS, _always),
    **_each(_RECURRENT, _no_state),
    **_each("Dropout AlphaDropout", _noise_per_row),
    **_each(_WITHIN_ROW, _axis_within_row),
    **_each("BatchNormalization", _no_batch_statistics),
    **_each("SpectralNormalization", _no_power_iteration),
    **_each("EinsumDense", _equation_within_row),
    **_each("MultiHeadAttention", _attention_within_row),
    **_each("Rescaling", _scale_within_row),
    **_each("Resizing CenterCrop RandomFlip", _images_in_batch),
    **_each(_RANDOM_IMAGES, _images_at_rest),
    **dict.fromkeys((Functional, keras.Sequential, *INNER_LAYERS), _always),
    LSTM: _no_state,
}
_OPERATIONS: dict[type, Condition] = {
    **_each(_ELEMENTWISE, _always, operations),
    **_each("Any ExpandDims Concatenate", _axis_within_row, operations),
}
# Layers that broadcast masks, or combine them, and may so align the rows with another axis.
_MASK_MIXERS = _each(
    "Softmax Attention AdditiveAttention MultiHeadAttention "
    "Add Subtract Multiply Average Maximum Minimum Concatenate",
    _always,
)
_ACTIVATIONS = [function for function in vars(keras.activations).values() if callable(function)]


def obstacle(layer: Any, call: LayerCall) -> str:
    """Why `layer` must see its time steps one at a time, in words; empty if it need not.

    A layer's own activity regularizer is no obstacle: `keras.layers.TimeDistributed` never applies
    it. Those of the layers inside are: they add one loss per call.
    """
    reasons = (_own_obstacle(layer, call), *_inner_obstacles(layer, call))
    return next(filter(None, reasons), "")


def _own_obstacle(layer: Any, call: LayerCall) -> str:
    declared = getattr(layer, "row_independent", None)
    if declared is None and (type(layer) not in _CONDITIONS or "call" in vars(layer)):
        what = "is not known to be row-independent (if it is, set `row_independent = True`)"
    elif declared is False:
        what = "declares `row_independent = False`"
    elif layer.quantization_mode is not None:
        what = "is quantized"
    elif call.masked and type(layer) in _MASK_MIXERS:
        what = "may spread the mask of one row over others"
    elif not declared and not _activations_known(layer):
        what = "has an activation of your own (a layer with `row_independent = True` may hold it)"
    else:
        what = _CONDITIONS.get(type(layer), _always)(layer, call)
    return f"{type(layer).__name__} '{layer.name}' {what}" if what else ""


def _activations_known(layer: Any) -> bool:
    own = (getattr(layer, name, None) for name in ("activation", "recurrent_activation"))
    return all(a is None or a in _ACTIVATIONS or isinstance(a, keras.Layer) for a in own)


def _inner_obstacles(layer: Any, call: LayerCall) -> Iterator[str]:
    graph = graph_of(layer)
    if graph is None:
        yield f"Sequential '{layer.name}' has no graph to look into"
    if isinstance(graph, Functional):
        for node in calls_of(graph):
            yield _node_obstacle(node)
            if isinstance(node.operation, keras.Layer):
                yield from _held_obstacles(node.operation, call._replace(rank=_rank_of(node)))
    elif graph is not None:
        # What these hand to the layers inside may have any number of axes.
        for inner in inner_layers(layer):
            yield from _held_obstacles(inner, call._replace(rank=None))


def _held_obstacles(layer: Any, call: LayerCall) -> Iterator[str]:
    if layer.activity_regularizer is not None:
        yield f"{type(layer).__name__} '{layer.name}' has an activity regularizer"
    yield obstacle(layer, call)


def _tensors_of(node: Any) -> list[Any]:
    given = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    return [value for value in given if isinstance(value, keras.KerasTensor)]


def _rank_of(node: Any) -> int | None:
    return max((len(tensor.shape) for tensor in _tensors_of(node)), default=None)


def _node_obstacle(node: Any) -> str:
    """A call in the graph of a model must align the batch axes of all that goes in and out."""
    operation, what = node.operation, ""
    given = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    tensors = _tensors_of(node)
    plain = (keras.KerasTensor, bool, int, float, str, type(None))
    if not all(isinstance(value, plain) for value in given):
        what = "is called with a constant array"
    elif any(len(tensor.shape) < 2 for tensor in node.outputs):
        what = "gives one value per row, without an axis"
    elif isinstance(operation, layers.Softmax) and len(tensors) > 1:
        what = "may spread the mask of one row over others"
    elif not isinstance(operation, keras.Layer):
        if type(operation) not in _OPERATIONS:
            what = "is an operation not known to be row-independent; a layer may be"
        elif len({len(tensor.shape) for tensor in tensors}) > 1:
            what = "combines tensors of different ranks"
        else:
            what = _OPERATIONS[type(operation)](operation, LayerCall(False, False, None))
    return f"{type(operation).__name__} '{operation.name}' {what}" if what else ""
