"""`keras.layers.LSTM`, with torch's fused kernel on a CPU instead of a Python loop over steps."""

from __future__ import annotations

from types import MethodType
from typing import Any

import keras
from keras import ops

if keras.backend.backend() == "torch":
    import torch

# The kernel is given so many rows at a time, that their gates stay in the processor's cache.
ROWS = 128


@keras.saving.register_keras_serializable(package="cueline")
class LSTM(keras.layers.LSTM):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): one vector, or one at every step.

    The same arguments, weights, config and numbers (up to the rounding of floats) as
    `keras.layers.LSTM`. Keras's torch backend uses torch's LSTM kernel on a GPU only; this layer
    uses it on a CPU too, where the kernel does what is asked: tanh and sigmoid, no recurrent
    dropout, not stateful, not while compiling, and no mask, unless it masks padding at the end and
    only the last output is asked for. Everywhere else, so always on JAX and TensorFlow, it *is*
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

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> Any:
        """The recurrence: last output (B, U), outputs (B, T, U), states [(B, U), (B, U)]."""
        return _inner_loop(self, sequences, initial_state, mask, training)


def speed_up(layer: Any) -> None:
    """Have Keras's own LSTM (no subclass of it, which may do anything) use the kernel as well."""
    if type(layer) is keras.layers.LSTM and keras.backend.backend() == "torch":
        layer.inner_loop = MethodType(_inner_loop, layer)


def _inner_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
) -> Any:
    mask = mask[0] if keras.tree.is_nested(mask) else mask
    if not _kernel_fits(layer, sequences, mask):
        return keras.layers.LSTM.inner_loop(layer, sequences, initial_state, mask, training)
    if training and layer.dropout:
        kept = layer.cell.get_dropout_mask(sequences[:, 0, :])
        sequences = sequences * ops.expand_dims(kept, 1)
    weights = _weights(layer.cell)
    state = [part.to(weights[0].dtype) for part in initial_state]
    sequences = sequences.to(weights[0].dtype)
    if mask is not None:
        last = _last_of_each(weights, sequences, state, mask.sum(1))
        return last, last[:, None], state  # no state is asked for
    if layer.go_backwards:
        sequences = torch.flip(sequences, [1])
    blocks = zip(*(part.split(ROWS) for part in (sequences, *state)), strict=True)
    done = [_kernel(weights, *block) for block in blocks]
    outputs, h, c = done[0] if len(done) == 1 else map(torch.cat, zip(*done, strict=True))
    return h, outputs, [h, c]


def _kernel_fits(layer: Any, sequences: Any, mask: Any) -> bool:
    return (
        keras.backend.backend() == "torch"
        and sequences.device.type == "cpu"
        and layer.use_cudnn is not False
        and layer.cell.activation is keras.activations.tanh
        and layer.cell.recurrent_activation is keras.activations.sigmoid
        and layer.cell.implementation == 2  # 1 is Keras's way for recurrent dropout
        and not layer.stateful
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
        and (mask is None or _mask_fits(layer, sequences, mask))
    )


def _mask_fits(layer: Any, sequences: Any, mask: Any) -> bool:
    """Whether the mask is of padding at the end, and only the last output is asked for."""
    more = layer.return_sequences or layer.return_state or layer.zero_output_for_mask
    if more or layer.go_backwards or mask.dtype != torch.bool:
        return False
    padded = mask.shape == sequences.shape[:2]
    return padded and not bool((mask[:, 1:] & ~mask[:, :-1]).any())


def _weights(cell: Any) -> list[Any]:
    """Keras's gates stand in torch's order (i, f, c, o); only the matrices are transposed."""
    kernel, recurrent = (ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel))
    weights = [kernel.T.contiguous(), recurrent.T.contiguous()]
    if cell.use_bias:
        bias = ops.convert_to_tensor(cell.bias)
        weights += [bias, torch.zeros_like(bias)]  # torch has two biases and adds them
    return weights


def _kernel(weights: list[Any], sequences: Any, h: Any, c: Any) -> Any:
    """Outputs (B, T, U), h (B, U) and c (B, U)."""
    outputs, h, c = torch._VF.lstm(
        sequences,
        (h[None], c[None]),
        weights,
        len(weights) == 4,  # biases
        1,  # layers
        0.0,  # dropout between layers
        torch.is_grad_enabled(),
        False,  # bidirectional
        True,  # batch first
    )
    return outputs, h[0], c[0]


def _last_of_each(weights: list[Any], sequences: Any, state: list[Any], lengths: Any) -> Any:
    """The output at the last step of each row, (B, U), or zeros, as in Keras, if it has none.

    Rows of about the same length are run together, as far as the longest of them.
    """
    order = torch.argsort(lengths)
    last = []
    for rows in order.split(ROWS):
        ends = lengths[rows].clamp(min=1)
        block = sequences[rows, : int(ends.max())]
        outputs, *_ = _kernel(weights, block, *(part[rows] for part in state))
        last.append(outputs[torch.arange(len(rows)), ends - 1] * (lengths[rows] > 0)[:, None])
    return torch.cat(last)[torch.argsort(order)]
