"""`keras.layers.LSTM`, with torch's kernels on a CPU instead of a Python loop over steps."""

from __future__ import annotations

from types import MethodType
from typing import Any

import keras
from keras import ops

from cueline.layers.keras_compat import TORCH, bare_call, tensor_of, torch_transforms

if TORCH:
    import torch

    from cueline.layers import lstm_kernels

    _KNOWN_DTYPES = (torch.float32, torch.float64, torch.bfloat16)
    _PLAIN_TYPES = (torch.Tensor, torch.nn.Parameter)


@keras.saving.register_keras_serializable(package="cueline")
class LSTM(keras.layers.LSTM):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): one vector, or one at every step.

    The same arguments, weights, config and numbers (up to the rounding of floats) as
    `keras.layers.LSTM`. Keras's torch backend uses torch's LSTM kernel on a GPU only; this layer
    uses those for a CPU too, where they do what is asked: tanh and sigmoid, no recurrent dropout,
    not stateful, states of (B, U), no transform of torch around the call (`torch.autocast`,
    `torch.func`, compiling, exporting), and no mask, unless it masks padding at the end and only
    the last output is asked for. Everywhere else, so always on JAX and TensorFlow, it *is*
    `keras.layers.LSTM`.

    *Shape:* inputs (B, T, F), `initial_state` two of (B, U), mask (B, T). With `go_backwards` the
    last step is read, and stands, first. Returned:

    | return_sequences | return_state | value |
    | --- | --- | --- |
    | False | False | (B, U), after the last step |
    | True | False | (B, T, U), after every step |
    | False | True | (B, U), then the states h (B, U) and c (B, U), to go on from |
    | True | True | (B, T, U), then h (B, U) and c (B, U) |
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What Keras does around a call takes longer than a live step; most calls need none."""
        if not (TORCH and _is_bare(self, args, kwargs)):
            return super().__call__(*args, **kwargs)
        cell, sequences, state = self.cell, args[0], kwargs.get("initial_state")
        weights = [tensor_of(weight) for weight in _variables(cell)]
        casts = cell.dropout or not _is_cast(weights, sequences, state)
        if casts or not _fit(self, cell, weights, sequences, state):
            return super().__call__(*args, **kwargs)
        state = state or [sequences.new_zeros(sequences.shape[0], weights[1].shape[0])] * 2
        last, outputs, states = _run(self, weights, sequences, state)
        output = outputs if self.return_sequences else last
        return (output, *states) if self.return_state else output

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> Any:
        """The recurrence: last output (B, U), outputs (B, T, U), states [(B, U), (B, U)]."""
        return _inner_loop(self, sequences, initial_state, mask, training)


def speed_up(layer: Any) -> None:
    """Have Keras's own LSTM (no subclass of it, which may do anything) use the kernels as well."""
    if type(layer) is keras.layers.LSTM and TORCH:
        layer.inner_loop = MethodType(_inner_loop, layer)


def _inner_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
) -> Any:
    mask = mask[0] if keras.tree.is_nested(mask) else mask
    cell = layer.cell
    variables = _variables(cell) if TORCH else ()
    weights: list[Any] = [None if one is None else one.value for one in variables]
    fits = weights and _fit(layer, cell, weights, sequences, initial_state)
    if not (fits and (mask is None or _mask_fits(layer, sequences, mask))):
        return keras.layers.LSTM.inner_loop(layer, sequences, initial_state, mask, training)
    if training and layer.dropout:
        kept = layer.cell.get_dropout_mask(sequences[:, 0, :])
        sequences = sequences * ops.expand_dims(kept, 1)
    dtype = weights[0].dtype
    sequences, state = sequences.to(dtype), [part.to(dtype) for part in initial_state]
    if mask is None:
        return _run(layer, weights, sequences, state)
    h, c = state
    last = lstm_kernels.last_of_each(weights, sequences, h, c, mask.sum(1))
    return last, last[:, None], state  # no state is asked for


def _run(layer: Any, weights: list[Any], sequences: Any, state: Any) -> Any:
    if layer.go_backwards:
        sequences = torch.flip(sequences, [1])
    outputs, h, c = lstm_kernels.run(weights, sequences, *state)
    return h, outputs, [h, c]


def _variables(cell: Any) -> tuple[Any, Any, Any]:
    """Kernel (F, 4U), recurrent kernel (U, 4U) and bias (4U,) or None, in the order i, f, c, o."""
    return cell.kernel, cell.recurrent_kernel, cell.bias if cell.use_bias else None


def _is_bare(layer: Any, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether Keras would do nothing around the call."""
    return (
        type(layer) is LSTM
        and len(args) == 1
        and not kwargs.keys() - {"initial_state", "training"}
        and bare_call(layer, args[0])
    )


def _is_cast(weights: list[Any], sequences: Any, state: Any) -> bool:
    """Whether Keras would take the arguments as they are."""
    if not (state is None or isinstance(state, list | tuple)):
        return False
    dtype = weights[0].dtype
    parts = (sequences, *(state or ()))
    return all(type(part) in _PLAIN_TYPES and part.dtype is dtype for part in parts)


def _fit(layer: Any, cell: Any, weights: list[Any], sequences: Any, state: Any) -> bool:
    """Whether torch's kernels give what Keras gives; they do not look at shapes themselves."""
    return (
        layer.use_cudnn is not False
        and cell.activation is keras.activations.tanh
        and cell.recurrent_activation is keras.activations.sigmoid
        and cell.implementation == 2  # 1 is Keras's way for recurrent dropout
        and not layer.stateful
        and not torch_transforms()
        and _shapes_fit(weights, sequences, state)
    )


def _shapes_fit(weights: list[Any], sequences: Any, state: Any) -> bool:
    """Whether all are plain tensors on a CPU, and none is to be broadcast, refused or empty."""
    kernel, recurrent, _ = weights
    parts = (sequences, kernel, *(state or ()))
    if not all(type(part) in _PLAIN_TYPES and part.device.type == "cpu" for part in parts):
        return False
    wanted = (sequences.shape[0], recurrent.shape[0])
    return (
        sequences.ndim == 3
        and sequences.shape[2] == kernel.shape[0]
        and (state is None or [part.shape for part in state] == [wanted, wanted])
        and sequences.numel() > 0
        and kernel.dtype in _KNOWN_DTYPES
    )


def _mask_fits(layer: Any, sequences: Any, mask: Any) -> bool:
    """Whether the mask is of padding at the end, and only the last output is asked for."""
    more = layer.return_sequences or layer.return_state or layer.zero_output_for_mask
    if more or layer.go_backwards or layer.use_cudnn is True or mask.dtype != torch.bool:
        return False
    padded = mask.shape == sequences.shape[:2]
    return padded and not bool((mask[:, 1:] & ~mask[:, :-1]).any())
