"""`return_state` and `initial_state`: a memory that is handed on by the caller."""

from __future__ import annotations

from itertools import product

import keras
import numpy as np

from cueline.layers import LSTM
from cueline.lessons.arrays import UNITS, LessonArrays, drawn
from cueline.lessons.lesson import Numbers, Step, Way, gap, numbered, shape


def combinations_step(turns: LessonArrays) -> Step:
    """The four combinations of `return_sequences` and `return_state`."""
    wants = {
        (False, False): "One answer a dialogue.",
        (True, False): "An answer at each turn, in training.",
        (False, True): "One answer, and the state to go on from; an encoder's hand-over.",
        (True, True): "An answer at each turn, and the state to go on from: live.",
    }
    ways = []
    for state, sequences in product((False, True), repeat=2):
        layer = LSTM(UNITS, return_sequences=sequences, return_state=state)
        parts = keras.tree.flatten(layer(keras.Input(batch_shape=turns.x.shape)))
        names = ["", "h ", "c "]
        gives = ", ".join(f"{name}{p.shape}" for name, p in zip(names, parts, strict=False))
        code = f"LSTM({UNITS}, return_sequences={sequences}, return_state={state})"
        ways.append(Way(code, gives, note=wants[sequences, state]))
    return Step(
        "LSTM: return_sequences and return_state",
        "h is the last output, c the cell that the LSTM keeps to itself. Each is (dialogue, unit), "
        "however long the dialogue.",
        tuple(ways),
    )


def state_step(turns: LessonArrays) -> Step:
    """The dialogue at once, turn by turn with the state handed on, and without."""
    layer = drawn(LSTM(UNITS, return_sequences=True, return_state=True), *turns.x.shape[1:])
    whole = turns.every
    live = _live(layer, turns.x.shape[-1])
    carried, forgotten = (_turn_by_turn(live, turns.x, hand_on) for hand_on in (True, False))
    rows, axes = numbered(whole[0]), "dialogue, turn, unit"
    ways = (
        Way("y, h, c = lstm(x)", shape(whole, axes), rows, whole[0], note="All turns at once."),
        Way(
            "y, h, c = lstm(turn, initial_state=[h, c])",
            shape(carried, axes),
            rows,
            carried[0],
            note="Turn by turn; the caller keeps h and c. Loses: nothing.",
        ),
        Way(
            "y, h, c = lstm(turn)",
            shape(forgotten, axes),
            rows,
            forgotten[0],
            note="Turn by turn from zeros each time. Loses: every earlier turn.",
        ),
    )
    return Step(
        "State in, state out",
        "Live, turns come one at a time. No stateful=True is needed, and none of its fixed batch "
        "size and forgotten resets: the state is a value like any other.",
        ways,
        f"At once and turn by turn differ by {gap(whole, carried)}; with the state dropped, by "
        f"{gap(whole, forgotten)}.",
    )


def _live(layer: LSTM, features: int) -> keras.Model:
    """One turn and the state in, one output and the state out."""
    turn = keras.Input((1, features))
    state = [keras.Input((UNITS,)), keras.Input((UNITS,))]
    return keras.Model([turn, *state], layer(turn, initial_state=state))


def _turn_by_turn(live: keras.Model, x: Numbers, hand_on: bool) -> Numbers:
    start = [np.zeros((1, UNITS), np.float32)] * 2
    outputs, state = [], start
    for turn in range(x.shape[1]):
        output, *after = live.predict_on_batch([x[:, turn : turn + 1], *state])
        outputs.append(output)
        state = after if hand_on else start
    return np.concatenate(outputs, axis=1)
