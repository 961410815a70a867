"""What only Keras itself can show: its errors, and what it draws at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cueline.layers import keras_compat  # noqa: F401  (chooses the backend, before Keras is loaded)

# isort: split
import keras
import numpy as np
from keras import layers

from cueline.lessons.dialogue_arrays import UNITS, DialogueArrays
from cueline.lessons.lesson import Step, Values, Variant, shape, turn_names
from cueline.lessons.numpy_layers import SEED, dense

RATE = 0.5
"""Share of the numbers that drop out."""


def target_step(arrays: DialogueArrays) -> Step:
    """Targets at every turn, with and without outputs at every turn."""
    code, entropy = f"Dense({len(arrays.space)})", keras.losses.BinaryCrossentropy()
    squares = keras.losses.MeanSquaredError()
    last = arrays.outputs[:, -1]
    loss, error = _tried(lambda: _loss(entropy, arrays, last))
    wrapped = layers.TimeDistributed(layers.Dense(len(arrays.space), name="actions"))
    wanted, complaint = _tried(lambda: str(tuple(wrapped(last).shape)))
    variants = (
        Variant(
            f"LSTM({UNITS}), {code}",
            loss,
            error=error,
            note="One answer, and a target for every turn. Remedy: return_sequences=True; or, if "
            "one answer a dialogue is wanted, targets of shape (dialogues, actions).",
        ),
        Variant(
            f"LSTM({UNITS}, return_sequences=True), {code}",
            _loss(entropy, arrays, arrays.outputs),
            note="Loses: nothing. Outputs and targets have the same shape.",
        ),
        Variant(
            f"LSTM({UNITS}), TimeDistributed({code})",
            wanted,
            error=complaint,
            note="TimeDistributed needs a time axis. Remedy: return_sequences=True before it.",
        ),
        Variant(
            f'LSTM({UNITS}), {code}, loss="mse"',
            _loss(squares, arrays, last),
            note="No error in a batch of 1 (or of as many dialogues as turns): Keras broadcasts "
            "the one answer to every turn, and learns something else than was meant.",
        ),
    )
    return Step(
        "A target at every turn",
        "What Keras says of a model's answers and y; the loss is binary cross-entropy where "
        "nothing else is said.",
        variants,
        "The turn axis is gone after LSTM(..., return_sequences=False), and no layer behind it can "
        "bring it back.",
    )


def dropout_step(arrays: DialogueArrays) -> Step:
    """Whether what drops out is drawn once a dialogue or anew at every turn."""
    ones = np.ones((1, arrays.count, UNITS), np.float32)
    fresh = _array(layers.Dropout(RATE, seed=SEED)(ones, training=True))
    same = _array(layers.SpatialDropout1D(RATE, seed=SEED)(ones, training=True))
    cell = layers.LSTM(UNITS, dropout=RATE, seed=SEED).cell
    mask = _array(cell.get_dropout_mask(keras.ops.convert_to_tensor(ones[:, 0])))
    axes, rows = "dialogue, turn, unit", turn_names(ones[0])
    variants = (
        Variant(
            f"Dropout({RATE})",
            shape(fresh, axes),
            rows,
            fresh[0],
            note="A new mask at every turn: what is missing at one turn a memory may know from "
            "another.",
        ),
        Variant(
            f"SpatialDropout1D({RATE})",
            shape(same, axes),
            rows,
            same[0],
            note="The same mask at every turn of a dialogue: what is missing stays missing.",
        ),
        Variant(
            f"LSTM({UNITS}, dropout={RATE})",
            shape(mask, "dialogue, unit"),
            ("mask",),
            mask,
            note="The same mask at every turn, of what comes in (Gal and Ghahramani, 2016). "
            "recurrent_dropout does so with h, and is slow: no fused kernel has it.",
        ),
    )
    return Step(
        "Dropout over time",
        "Does the same unit drop out at every turn, or is it drawn anew? Below, what becomes of "
        "ones in training; what stays is larger by as much as is missing.",
        variants,
        "TimeDistributed(Dropout) is as Dropout: drawn anew at every turn.",
    )


def _loss(loss: Any, arrays: DialogueArrays, outputs: Values) -> str:
    probabilities = 1 / (1 + np.exp(-dense(outputs, len(arrays.space))))
    return f"loss {float(loss(arrays.y, probabilities)):.3f}"


def _tried(call: Callable[[], str]) -> tuple[str, str]:
    try:
        return call(), ""
    except ValueError as error:
        return "", f"{type(error).__name__}: {error}"


def _array(tensor: Any) -> Values:
    return np.asarray(keras.ops.convert_to_numpy(tensor))
