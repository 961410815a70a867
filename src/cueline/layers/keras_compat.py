"""The one place that depends on how Keras and torch are made inside.

The backend is PyTorch where it is installed, which is the faster one on a CPU, else JAX;
`KERAS_BACKEND` decides where it is set. Both give the same numbers.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from cueline.errors import TrainingError

if "KERAS_BACKEND" not in os.environ:
    os.environ["KERAS_BACKEND"] = "torch" if find_spec("torch") else "jax"
if not find_spec("keras"):
    raise TrainingError("Keras is not installed; pip install 'cueline[train]'")

import keras
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from keras.src.backend import get_autocast_scope, get_keras_mask, set_keras_mask
from keras.src.backend.common.stateless_scope import in_stateless_scope
from keras.src.layers.rnn.conv_lstm import ConvLSTMCell
from keras.src.models.functional import Functional
from keras.src.ops import numpy as operations

__all__ = ["Functional", "operations"]

INNER_LAYERS = (ConvLSTMCell, LayerScale, StochasticDepth, CustomScaleLayer)
"""Row-independent layers of which Keras makes others, and `keras.applications`."""

TORCH = keras.backend.backend() == "torch"
if TORCH:
    import torch
    from torch.autograd import forward_ad

    _aten = torch.ops.aten

    def sigmoid_slope(slope: Any, output: Any, out: Any) -> Any:
        """`slope` through a sigmoid, from what the sigmoid gave, into `out`."""
        return _aten.sigmoid_backward.grad_input(slope, output, grad_input=out)

    def tanh_slope(slope: Any, output: Any, out: Any = None) -> Any:
        """`slope` through a tanh, from what the tanh gave, into `out` if there is one."""
        if out is None:
            return _aten.tanh_backward(slope, output)
        return _aten.tanh_backward.grad_input(slope, output, grad_input=out)

    def embedding_slope(slopes: Any, rows: Any, count: int) -> Any:
        """The sums of `slopes` by the row of a table that each belongs to.

        *Shapes:* (N, E), (N,) -> (count, E).
        """
        return _aten.embedding_dense_backward(slopes, rows, count, -1, False)


def torch_transforms() -> bool:
    """Whether torch does something to each operation that its fused kernels do not know.

    These are mixed precision (`torch.autocast`), `torch.func` (`vmap`, `jvp`, `grad` and what is
    made of them), forward-mode derivatives, compiling, exporting and tracing.
    """
    return (
        torch.is_autocast_enabled("cpu")
        or torch._C._functorch.peek_interpreter_stack() is not None
        or forward_ad._current_level >= 0
        or torch.compiler.is_compiling()
        or torch.jit.is_tracing()
    )


def bare_call(layer: Any, tensor: Any) -> bool:
    """Whether Keras would do nothing around `layer.call(tensor)`: cast, mask, record, spread."""
    return (
        layer.built
        and layer.compute_dtype == layer.variable_dtype
        and layer.activity_regularizer is None
        and not layer._remat_mode
        and not vars(layer).keys() & {"call", "inner_loop"}
        and get_keras_mask(tensor) is None
        and get_autocast_scope() is None
        and not in_stateless_scope()
        and keras.distribution.distribution() is None
    )


def tensor_of(variable: Any) -> Any:
    """`variable.value`, or None of None, in a bare call: there no scope gives it another value."""
    return None if variable is None else variable._value


def inner_layers(layer: Any, deep: bool = False) -> list[Any]:
    """The layers that `layer` holds, or with `deep` itself and all in it at any depth."""
    return list(layer._flatten_layers(include_self=deep, recursive=deep))


def takes_mask(layer: Any) -> bool:
    """Whether its `call` has an argument `mask`."""
    return bool(layer._call_has_mask_arg)


def takes_training(layer: Any) -> bool:
    """Whether its `call` has an argument `training`."""
    return bool(layer._call_has_training_arg)


def own_compute_mask(layer: Any) -> bool:
    """Whether it makes masks itself, and does not only pass on the one that it is given."""
    return type(layer).compute_mask is not keras.Layer.compute_mask


def mask_of(tensor: Any) -> Any:
    """The mask that Keras attached to `tensor`, or None."""
    return get_keras_mask(tensor)


def set_mask(tensor: Any, mask: Any) -> None:
    """Attach a mask as Keras does."""
    set_keras_mask(tensor, mask)


def graph_of(layer: Any) -> Any:
    """A model as the graph of its calls; a `Sequential` that was not built has none."""
    return layer._functional if isinstance(layer, keras.Sequential) else layer


def calls_of(graph: Functional) -> list[Any]:
    """The calls in the graph of a model."""
    return [node for nodes in graph._nodes_by_depth.values() for node in nodes]
