"""`keras.layers.TimeDistributed`, with time folded into the batch instead of a loop over time."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from cueline.errors import ShapeError
from cueline.layers.foldable import Training, obstacle
from cueline.layers.lstm import speed_up


class StepShapeError(ShapeError, ValueError):
    """Time steps that do not fit the layer; a `ValueError` too, which is what Keras raises."""


@keras.saving.register_keras_serializable(package="cueline")
class TimeDistributed(keras.layers.TimeDistributed):
    """Applies one layer, with one set of weights, to every time step of a sequence.

    A drop-in for `keras.layers.TimeDistributed` (Keras 3.15) around any layer or model: the same
    arguments, config, weights, masks, errors and numbers (up to the rounding of floats). Keras
    runs the layer once per time step; here all B * T steps are the rows of one batch, in one call:

        (B, T, ...) -> reshape -> (B * T, ...) -> layer -> (B * T, ...) -> reshape -> (B, T, ...)

    So the graph to compile does not grow with T, and the layer works on large matrices. On torch
    and a CPU, where Keras's LSTM is slow on many rows, one inside runs as
    `cueline.layers.LSTM` does, with torch's kernel.

    This equals the loop only where the layer treats each row of its batch on its own; see
    `cueline.layers.foldable`. Where it does not (`BatchNormalization` in training, a stateful
    RNN, noise shared by a batch), or where that is unknown (a layer of your own that does not say
    `row_independent = True`), Keras's loop runs, and `unfolded` says why.

    Dropout and noise have the same distribution as in Keras, but are drawn at once for all steps,
    so the same seed draws other values. `layer.row_independent = False` brings back Keras's draws.

    *Shape:* (B, T, ...) -> (B, T, ...), where the layer makes (B, ...) of (B, ...). The mask is
    (B, T, ...), and the layer sees it, if it takes one, as (B, ...).

    Raises `StepShapeError` where a mask or an input does not fit, or the layer has several outputs.
    """

    def build(self, input_shape: Any) -> None:
        """Builds the layer for one time step of `input_shape`, (B, T, ...)."""
        self._check_step(input_shape)
        super().build(input_shape)
        for layer in self.layer._flatten_layers():
            speed_up(layer)

    def call(self, inputs: Any, training: Training = None, mask: Any = None) -> Any:
        """The layer's outputs at every step. *Shape:* (B, T, ...) -> (B, T, ...)."""
        self._check_mask(inputs, mask)
        masked = mask is not None and self.layer._call_has_mask_arg
        if self.unfolded(training, masked):
            return super().call(inputs, training=training, mask=mask)
        self._check_step(tuple(inputs.shape))
        options = {"mask": _fold(mask)} if masked else {}
        if self.layer._call_has_training_arg:
            options["training"] = training
        rows = self.layer.call(_fold(inputs), **options)
        if keras.tree.is_nested(rows):
            raise StepShapeError(
                f"TimeDistributed needs a layer with one output, but {self._who()} has "
                f"{len(keras.tree.flatten(rows))}. Wrap a model that gives one of them."
            )
        return ops.reshape(rows, (*ops.shape(inputs)[:2], *ops.shape(rows)[1:]))

    def unfolded(self, training: Training = None, masked: bool = False) -> str:
        """Why the layer must be run step by step; empty where time is folded into the batch."""
        return obstacle(self.layer, training, masked)

    @property
    def row_independent(self) -> bool:
        """What is inside may not be so, but is judged separately."""
        return type(self) is TimeDistributed

    def _get_child_input_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        if isinstance(input_shape, dict) or any(map(keras.tree.is_nested, input_shape)):
            raise StepShapeError(
                f"TimeDistributed takes one input, got several, of shapes {input_shape}. "
                f"Concatenate them first, and split them in the layer."
            )
        shape = tuple(input_shape)
        if len(shape) < 3:
            raise StepShapeError(
                f"TimeDistributed needs an input of at least 3 axes, (batch, time, ...), got "
                f"{shape}. Set return_sequences=True on the layer before it, or use "
                f"{self._who()} without TimeDistributed."
            )
        return (shape[0], *shape[2:])

    def _check_step(self, input_shape: Any) -> None:
        """What the layer itself would check, were it called on a time step from outside."""
        step, spec = self._get_child_input_shape(input_shape), self.layer.input_spec
        need = _unmet(spec, step) if isinstance(spec, keras.layers.InputSpec) else ""
        if need:
            raise StepShapeError(
                f"TimeDistributed hands {self._who()} one time step at a time: of the input "
                f"{tuple(input_shape)} that is {step}, but the layer needs {need}. Give it such "
                f"steps, or use the layer without TimeDistributed if it runs over time itself."
            )

    def _check_mask(self, inputs: Any, mask: Any) -> None:
        if mask is None:
            return
        got, wanted = tuple(mask.shape), tuple(inputs.shape)
        pairs = zip(got[:2], wanted[:2], strict=False)
        if len(got) < 2 or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise StepShapeError(
                f"The `mask` passed to the `TimeDistributed` layer has a shape {got} that does not "
                f"fit the input {wanted}. Give it the input's batch and time: {wanted[:2]}."
            )

    def _who(self) -> str:
        return f"{type(self.layer).__name__} '{self.layer.name}'"


def _fold(tensor: Any) -> Any:
    """*Shape:* (B, T, ...) -> (B * T, ...)."""
    batch, time, *rest = ops.shape(tensor)
    return ops.reshape(tensor, (batch * time, *rest))


def _unmet(spec: Any, shape: tuple[int | None, ...]) -> str:
    """What `spec` asks for and `shape` does not give, in words."""
    rank = len(shape)
    if spec.ndim is not None and rank != spec.ndim:
        return f"{spec.ndim} axes"
    if spec.min_ndim is not None and rank < spec.min_ndim:
        return f"at least {spec.min_ndim} axes"
    for axis, size in (spec.axes or {}).items():
        if size is not None and shape[axis] not in (size, None):
            return f"{size} values on axis {axis}"
    return ""
