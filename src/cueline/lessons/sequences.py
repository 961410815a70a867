"""`return_sequences`, and the layer that decides at each turn."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from cueline.layers import LSTM, TimeDistributed
from cueline.lessons.arrays import UNITS, LessonArrays, array, drawn, weights
from cueline.lessons.lesson import Step, Way, gap, numbered, shape

MOST_NAMES = 8


def lstm_step(turns: LessonArrays) -> Step:
    """The LSTM over turns with `return_sequences` False and True."""
    last, every = turns.last, turns.every
    layers = [LSTM(UNITS), LSTM(UNITS, return_sequences=True)]
    one, many = (weights(drawn(layer, *turns.x.shape[1:])) for layer in layers)
    ways = (
        Way(
            f"LSTM({UNITS})",
            shape(last, "dialogue, unit"),
            numbered(every[0])[-1:],
            last,
            one,
            note=f"Loses: the outputs of {turns.count - 1} of the {turns.count} turns. Right for "
            "one answer a dialogue (many-to-one).",
        ),
        Way(
            f"LSTM({UNITS}, return_sequences=True)",
            shape(every, "dialogue, turn, unit"),
            numbered(every[0]),
            every[0],
            many,
            note="Loses: nothing. Right for an answer at each turn (many-to-many).",
        ),
    )
    return Step(
        "LSTM over the turns: return_sequences",
        "The LSTM reads turn by turn and carries its state along. It always computes an output at "
        "every turn; return_sequences only says whether they are handed on.",
        ways,
        f"The last row is the same: largest difference {gap(last[0], every[0, -1])}. The weights "
        "are the same too, and do not depend on the number of turns.",
    )


def bits_step(turns: LessonArrays) -> Step:
    """The system's actions as bit vectors."""
    names = ", ".join(turns.space.names[:MOST_NAMES])
    more = ", .." if len(turns.space) > MOST_NAMES else ""
    says = (
        "What the system did at a turn is a vector with a bit for each action; none, one or "
        f"several may be on. In this order: {names}{more}."
    )
    way = Way("y", shape(turns.y, "dialogue, turn, action"), numbered(turns.y[0]), turns.y[0])
    return Step("Actions to bits", says, (way,))


def target_step(turns: LessonArrays) -> Step:
    """Targets at every turn, with and without outputs at every turn."""
    code = f"Dense({len(turns.space)})"
    alone, error = _judged(turns, False, "binary_crossentropy")
    wanted, complaint = _timedistributed_on_one(turns)
    ways = (
        Way(
            f"LSTM({UNITS}), {code}",
            alone,
            error=error,
            note="One answer, and a target for every turn. Remedy: return_sequences=True; or, if "
            "one answer a dialogue is wanted, targets of shape (dialogues, actions).",
        ),
        Way(
            f"LSTM({UNITS}, return_sequences=True), {code}",
            _judged(turns, True, "binary_crossentropy")[0],
            note="Loses: nothing. Output and targets have the same shape.",
        ),
        Way(
            f"LSTM({UNITS}), TimeDistributed({code})",
            wanted,
            error=complaint,
            note="TimeDistributed needs a time axis. Remedy: return_sequences=True before it.",
        ),
        Way(
            f'LSTM({UNITS}), {code}, loss="mse"',
            _judged(turns, False, "mse")[0],
            note="No error in a batch of 1 (or of as many dialogues as turns): Keras broadcasts "
            "the one answer to every turn, and learns something else than was meant.",
        ),
    )
    return Step(
        "A target at every turn",
        "What fit and evaluate say of a model on x and y; the loss is binary cross-entropy where "
        "nothing else is said.",
        ways,
        "The turn axis is gone after LSTM(..., return_sequences=False), and no layer behind it can "
        "bring it back.",
    )


def _timedistributed_on_one(turns: LessonArrays) -> tuple[str, str]:
    dense = keras.layers.Dense(len(turns.space), name="actions")
    return _tried(lambda: str(TimeDistributed(dense)(turns.last).shape))


def _judged(turns: LessonArrays, every: bool, loss: str) -> tuple[str, str]:
    """The loss on x and y, or the error that a Keras user sees, the same as in `fit`."""
    lstm = drawn(LSTM(UNITS, return_sequences=every), *turns.x.shape[1:])
    dense = drawn(keras.layers.Dense(len(turns.space), "sigmoid"), UNITS)
    model = keras.Sequential([keras.Input(turns.x.shape[1:]), lstm, dense])
    model.compile(loss=loss)
    return _tried(lambda: f"loss {model.evaluate(turns.x, turns.y, verbose=0):.3f}")


def _tried(call: Callable[[], str]) -> tuple[str, str]:
    try:
        return call(), ""
    except ValueError as error:
        return "", f"{type(error).__name__}: {error}"


def dense_step(turns: LessonArrays) -> Step:
    """Dense and TimeDistributed(Dense) with their weights."""
    actions, size = len(turns.space), turns.every.shape[1:]
    layers = [
        drawn(keras.layers.Dense(actions), *size),
        drawn(TimeDistributed(keras.layers.Dense(actions)), *size),
    ]
    logits = [array(layer(turns.every)) for layer in layers]
    ways = tuple(
        Way(
            code,
            shape(out, "dialogue, turn, action"),
            numbered(out[0]),
            out[0],
            weights(layer),
        )
        for code, layer, out in zip(
            (f"Dense({actions})", f"TimeDistributed(Dense({actions}))"), layers, logits, strict=True
        )
    )
    kept = [np.concatenate([w.ravel() for w in layer.get_weights()]) for layer in layers]
    count = layers[0].count_params()
    return Step(
        "Dense, or TimeDistributed(Dense)",
        "Dense works on the last axis of an input of any rank, so at every turn alike. Neither "
        "needs the other, and neither makes a layer before it return sequences.",
        ways,
        f"Outputs differ by {gap(*logits)}, weights by {gap(*kept)}: {count} numbers in both, one "
        f"set for all {turns.count} turns. TimeDistributed matters for layers that do not do so by "
        "themselves, such as the LSTM over the words of each turn.",
    )
