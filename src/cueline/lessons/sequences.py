"""`return_sequences`, and the layer that decides at each turn."""

from __future__ import annotations

from cueline.lessons.dialogue_arrays import UNITS, DialogueArrays
from cueline.lessons.lesson import Step, Variant, shape, turn_names
from cueline.lessons.numpy_layers import dense, dense_weights, lstm_weights, shapes_of

MAX_NAMES = 8


def bits_step(arrays: DialogueArrays) -> Step:
    """The system's actions as bit vectors."""
    names = ", ".join(arrays.space.names[:MAX_NAMES])
    more = ", .." if len(arrays.space) > MAX_NAMES else ""
    text = (
        "What the system did at a turn is a vector with a bit for each action; none, one or "
        f"several may be on. In this order: {names}{more}."
    )
    y = arrays.y
    variant = Variant("y", shape(y, "dialogue, turn, action"), turn_names(y[0]), y[0])
    return Step("Actions to bits", text, (variant,))


def lstm_step(arrays: DialogueArrays) -> Step:
    """The LSTM over turns with `return_sequences` False and True."""
    every, count = arrays.outputs, arrays.count
    last, rows = every[:, -1], turn_names(every[0])
    weights = shapes_of(lstm_weights(arrays.x.shape[-1], UNITS))
    variants = (
        Variant(
            f"LSTM({UNITS})",
            shape(last, "dialogue, unit"),
            rows[-1:],
            last,
            weights,
            note=f"Loses: the outputs of {count - 1} of the {count} turns. Right for "
            "one answer a dialogue (many-to-one).",
        ),
        Variant(
            f"LSTM({UNITS}, return_sequences=True)",
            shape(every, "dialogue, turn, unit"),
            rows,
            every[0],
            weights,
            note="Loses: nothing. Right for an answer at each turn (many-to-many).",
        ),
    )
    return Step(
        "LSTM over the turns: return_sequences",
        "The LSTM reads turn by turn and carries its state along. It always computes an output at "
        "every turn; return_sequences only says whether they are handed on.",
        variants,
        "The last row is the same, and so are the weights: they do not depend on the number of "
        "turns.",
    )


def dense_step(arrays: DialogueArrays) -> Step:
    """Dense and TimeDistributed(Dense) with their weights."""
    actions = len(arrays.space)
    logits = dense(arrays.outputs, actions)
    weights = dense_weights(UNITS, actions)
    variants = tuple(
        Variant(
            code,
            shape(logits, "dialogue, turn, action"),
            turn_names(logits[0]),
            logits[0],
            shapes_of(weights),
        )
        for code in (f"Dense({actions})", f"TimeDistributed(Dense({actions}))")
    )
    return Step(
        "Dense, or TimeDistributed(Dense)",
        "Dense works on the last axis of an input of any rank, so at every turn alike. Neither "
        "needs the other, and neither makes a layer before it return sequences.",
        variants,
        f"The same numbers from the same {sum(array.size for array in weights)} weights, one set "
        f"for all {arrays.count} turns. TimeDistributed matters for layers that do not do so by "
        "themselves, such as the LSTM over the words of each turn.",
    )
