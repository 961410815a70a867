"""`keras.layers.TimeDistributed`, with time folded into the batch instead of a loop over time."""

from __future__ import annotations

import warnings
from typing import Any

import keras
from keras import ops

from cueline.errors import ShapeError
from cueline.layers.foldable import LayerCall, obstacle
from cueline.layers.keras_compat import inner_layers, mask_of, set_mask, takes_mask, takes_training
from cueline.layers.lstm import speed_up
from cueline.layers.step_masks import real_steps, row_masks, tells_inner_steps

LONG_LOOP = 8
"""Steps from which on a loop over them is worth a warning."""


class StepShapeError(ShapeError, ValueError):
    """Time steps that do not fit the layer; a `ValueError` too, which is what Keras raises."""


class LongLoopWarning(UserWarning):
    """A layer is run once for each of many time steps."""


@keras.saving.register_keras_serializable(package="cueline")
class TimeDistributed(keras.layers.TimeDistributed):
    """Applies one layer, with one set of weights, to every time step of a sequence.

    A drop-in for `keras.layers.TimeDistributed` (Keras 3.15) around any layer or model: the same
    arguments, config, weights, errors and numbers (up to the rounding of floats). Keras runs the
    layer once per time step; here all B * T steps are the rows of one batch, in one call:

        (B, T, ...) -> reshape -> (B * T, ...) -> layer -> (B * T, ...) -> reshape -> (B, T, ...)

    So the graph to compile does not grow with T, and the layer works on large matrices. On torch
    and a CPU, where Keras's LSTM is slow on many rows, one inside runs as
    `cueline.layers.LSTM` does, with torch's kernels.

    This equals the loop only where the layer treats each row of its batch on its own; see
    `cueline.layers.foldable`. Where it does not (`BatchNormalization` in training, a stateful
    RNN, noise shared by a batch), or where that is unknown (a `Lambda`, a layer of your own that
    does not say `row_independent = True`), the layer is run step by step; `unfolded` says why, and
    `LongLoopWarning` once for each `TimeDistributed`, if the steps are many.

    Inputs and outputs may be lists and dicts of tensors, each (B, T, ...); Keras has one of each.

    Masks are right where Keras's are not. The mask that goes on is the layer's own, if it has one
    (`Embedding`, `Masking`, an LSTM with `return_sequences`); where the layer consumes the axes
    that the mask is about, as an LSTM does that makes one vector of a turn's words, it is (B, T):
    whether anything in the step is real. A mask of steps, (B, T), is not handed to a recurrence
    over what is inside a step, of which it says nothing.

    Dropout and noise have the same distribution as in Keras, but are drawn at once for all steps,
    so the same seed draws other values. `layer.row_independent = False` brings back Keras's draws.

    *Shape:* (B, T, ...) -> (B, T, ...), where the layer makes (B, ...) of (B, ...). The mask is
    (B, T, ...), and the layer sees it, if it takes one, as (B, ...).

    Raises `StepShapeError` where a mask or an input does not fit.
    """

    _warned = False

    def build(self, input_shape: Any) -> None:
        """Builds the layer for one time step of `input_shape`, (B, T, ...)."""
        self._check_steps(_leaf_shapes(input_shape))
        super().build(input_shape)
        for layer in inner_layers(self.layer, deep=True):
            speed_up(layer)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(B, T, ...), from what the layer makes of one time step."""
        time = _leaf_shapes(input_shape)[0][1]
        shapes = self.layer.compute_output_shape(self._get_child_input_shape(input_shape))
        return keras.tree.map_shape_structure(lambda s: (s[0], time, *s[1:]), shapes)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the outputs: the layer's own, else whether a step holds anything real.

        *Shape:* (B, T, ...), or None. A graph has none: masks are made whenever it is run.
        """
        if any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(inputs)):
            return None
        rows, masks = _mapped(_fold, inputs), _mapped(_fold, previous_mask)
        found, missing = row_masks(self.layer, rows, masks)
        steps, first = real_steps(previous_mask), keras.tree.flatten(inputs)[0]
        if steps is None and missing:
            raise StepShapeError(
                f"{self._who()} makes a mask that does not fit what it makes of one time step. "
                f"Its `compute_mask` must give a mask of axes that its output has, or None."
            )
        whole = [steps if mask is None else _unfold(mask, first) for mask in found]
        return whole[0] if len(whole) == 1 else whole or None

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The layer's outputs at every step. *Shape:* (B, T, ...) -> (B, T, ...)."""
        self._check_mask(inputs, mask)
        rows = _mapped(_fold, mask)
        given = [one for one in keras.tree.flatten(rows) if one is not None]
        masked = takes_mask(self.layer) and bool(given)
        masked = masked and all(tells_inner_steps(self.layer, one) for one in given)
        options = {"training": training} if takes_training(self.layer) else {}
        rank = max(len(x.shape) for x in keras.tree.flatten(inputs)) - 1
        why = self.unfolded(training, masked, rank)
        if why:
            return self._looped(inputs, mask if masked else None, options, why)
        self._check_steps([tuple(x.shape) for x in keras.tree.flatten(inputs)])
        options |= {"mask": rows} if masked else {}
        outputs = self.layer.call(_mapped(_fold, inputs), **options)
        first = keras.tree.flatten(inputs)[0]
        return keras.tree.map_structure(lambda x: _masked_alike(x, _unfold(x, first)), outputs)

    def unfolded(
        self, training: bool | None = None, masked: bool = False, rank: int | None = None
    ) -> str:
        """Why the layer must be run step by step; empty where time is folded into the batch.

        `rank` is the number of axes that the layer sees, where that is known.
        """
        return obstacle(self.layer, LayerCall(bool(training), masked, rank))

    @property
    def row_independent(self) -> bool:
        """What is inside may not be so, but is checked separately."""
        return type(self) is TimeDistributed

    def _looped(self, inputs: Any, mask: Any, options: dict[str, Any], why: str) -> Any:
        """Step by step, in the order of time, as in Keras."""

        def step(t: Any) -> Any:
            masks = {} if mask is None else {"mask": _mapped(lambda x: x[:, t], mask)}
            return self.layer.call(_mapped(lambda x: x[:, t], inputs), **options, **masks)

        first = keras.tree.flatten(inputs)[0]
        count = first.shape[1]
        if count is None:  # in a graph of TensorFlow with open time
            outputs = ops.vectorized_map(step, ops.arange(ops.shape(first)[1]))
            return _mapped(lambda x: ops.swapaxes(x, 0, 1), outputs)
        if count >= LONG_LOOP and not self._warned:
            self._warned = True
            warnings.warn(
                f"TimeDistributed runs its layer {count} times, once for each time step, since "
                f"{why}",
                LongLoopWarning,
                stacklevel=2,
            )
        return _mapped(_stacked, *map(step, range(count)))

    def _get_child_input_shape(self, input_shape: Any) -> Any:
        return keras.tree.map_shape_structure(self._step_shape, input_shape)

    def _step_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        if len(shape) < 3:
            raise StepShapeError(
                f"TimeDistributed needs an input of at least 3 axes, (batch, time, ...), got "
                f"{tuple(shape)}. Set return_sequences=True on the layer before it, or use "
                f"{self._who()} without TimeDistributed."
            )
        return (shape[0], *shape[2:])

    def _check_steps(self, shapes: list[tuple[int | None, ...]]) -> None:
        """What the layer itself would check, were it called on a time step from outside."""
        if any(_differ(shape, shapes[0]) for shape in shapes):
            raise StepShapeError(
                f"TimeDistributed needs inputs of one batch and time, got {shapes}. Pad or cut "
                f"them to one length."
            )
        steps, spec = [self._step_shape(shape) for shape in shapes], self.layer.input_spec
        alone = isinstance(spec, keras.layers.InputSpec) and len(steps) == 1
        need = _unmet(spec, steps[0]) if alone else ""
        if need:
            raise StepShapeError(
                f"TimeDistributed hands {self._who()} one time step at a time: of the input "
                f"{shapes[0]} that is {steps[0]}, but the layer needs {need}. Give it such "
                f"steps, or use the layer without TimeDistributed if it runs over time itself."
            )

    def _check_mask(self, inputs: Any, mask: Any) -> None:
        if mask is None:
            return
        masks, leaves = keras.tree.flatten(mask), keras.tree.flatten(inputs)
        if len(masks) != len(leaves):
            raise StepShapeError(
                f"TimeDistributed got {len(masks)} masks for {len(leaves)} inputs. Give each input "
                f"its mask, or None."
            )
        for one, wanted in zip(masks, leaves, strict=True):
            if one is not None:
                self._check_one_mask(tuple(one.shape), tuple(wanted.shape))

    def _check_one_mask(self, got: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> None:
        if len(got) < 2 or _differ(got, wanted):
            raise StepShapeError(
                f"The `mask` passed to the `TimeDistributed` layer has a shape {got} that does not "
                f"fit the input {wanted}. Give it the input's batch and time: {wanted[:2]}."
            )

    def _who(self) -> str:
        return f"{type(self.layer).__name__} '{self.layer.name}'"


def _mapped(function: Any, *structures: Any) -> Any:
    """`keras.tree.map_structure`, where None stays None."""
    return keras.tree.map_structure(
        lambda *leaves: None if leaves[0] is None else function(*leaves), *structures
    )


def _fold(tensor: Any) -> Any:
    """*Shape:* (B, T, ...) -> (B * T, ...)."""
    batch, time, *rest = ops.shape(tensor)
    return ops.reshape(tensor, (batch * time, *rest))


def _stacked(*steps: Any) -> Any:
    """*Shape:* T of (B, ...) -> (B, T, ...), with their masks, if they have any."""
    whole, masks = ops.stack(steps, axis=1), [mask_of(step) for step in steps]
    if all(mask is not None for mask in masks):
        set_mask(whole, ops.stack(masks, axis=1))
    return whole


def _masked_alike(rows: Any, steps: Any) -> Any:
    """`steps` with the mask of `rows`, which a model attaches to what it gives."""
    mask = mask_of(rows)
    if mask is not None:
        set_mask(steps, _unfold(mask, steps))
    return steps


def _unfold(rows: Any, like: Any) -> Any:
    """*Shape:* (B * T, ...), and any (B, T, ...) -> (B, T, ...)."""
    return ops.reshape(rows, (*ops.shape(like)[:2], *ops.shape(rows)[1:]))


def _differ(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether batch and time are others, as far as they are known."""
    pairs = zip(one[:2], other[:2], strict=False)
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _leaf_shapes(shapes: Any) -> list[tuple[int | None, ...]]:
    """The shapes of a structure, one after the other."""
    found: list[tuple[int | None, ...]] = []
    keras.tree.map_shape_structure(lambda shape: found.append(tuple(shape)), shapes)
    return found


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
