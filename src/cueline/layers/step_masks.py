"""The masks of what a layer makes of time steps, given those of the time steps.

Keras's `TimeDistributed` hands on the mask that it was given. So that of the words of each turn,
(B, T, W), goes on to the vectors of turns, (B, T, U), whose steps it does not tell.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from cueline.layers.keras_compat import inner_layers, own_compute_mask


def tells_inner_steps(layer: Any, mask: Any) -> bool:
    """Whether a mask of rows says to `layer` what it would ask: a recurrence asks for its steps.

    *Shape:* (N, ...), of which (N,) only says which rows are real.
    """
    recurrent = any(isinstance(inner, keras.layers.RNN) for inner in inner_layers(layer, deep=True))
    return mask.ndim > 1 or not recurrent


def row_masks(layer: Any, inputs: Any, masks: Any) -> tuple[list[Any], bool]:
    """One mask, or None, for each output of `layer`, and whether it misses one that it should have.

    *Shape:* inputs (N, ...), masks (N, ...), both in any structure -> (N, ...).
    """
    makes_masks = own_compute_mask(layer)
    given = [mask for mask in keras.tree.flatten(masks) if mask is not None]
    if not (given or makes_masks):
        return [], False
    passes = makes_masks or layer.supports_masking or isinstance(layer, keras.Model)
    found = keras.tree.flatten(layer.compute_mask(inputs, masks)) if passes else [None]
    if not given and all(mask is None for mask in found):
        return [], False
    shapes = [spec.shape for spec in keras.tree.flatten(_output_spec(layer, inputs))]
    found += [None] * (len(shapes) - len(found))
    fits = [_fits(*pair, makes_masks) for pair in zip(found, shapes, strict=False)]
    missing = any(mask is not None and not fit for mask, fit in zip(found, fits, strict=False))
    return [mask if fit else None for mask, fit in zip(found, fits, strict=False)], missing


def real_steps(masks: Any) -> Any:
    """Whether a step holds anything real, in any of the inputs, or None without a mask.

    *Shape:* (B, T, ...), in any structure -> (B, T).
    """
    given = [mask for mask in keras.tree.flatten(masks) if mask is not None]
    if not given:
        return None
    real = [
        ops.any(mask, axis=tuple(range(2, mask.ndim))) if mask.ndim > 2 else mask for mask in given
    ]
    first, *others = [ops.cast(mask, "bool") for mask in real]
    for other in others:
        first = ops.logical_or(first, other)
    return first


def _fits(mask: Any, shape: tuple[int | None, ...], made: bool) -> bool:
    """Whether a mask is about axes that the output has.

    One that the layer only passes on is about all axes but the last at the most: where it has as
    many as the output, the axis that it was about has gone, even if another is as long.
    """
    if mask is None or mask.ndim > len(shape) or (not made and 1 < mask.ndim == len(shape)):
        return False
    pairs = zip(mask.shape[1:], shape[1:], strict=False)
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _output_spec(layer: Any, inputs: Any) -> Any:
    steps = keras.tree.map_structure(
        lambda x: keras.KerasTensor((None, *x.shape[1:]), keras.backend.standardize_dtype(x.dtype)),
        inputs,
    )
    return layer.compute_output_spec(steps)
