"""`return_state` and `initial_state`: a memory that is handed on by the caller."""

from __future__ import annotations

import numpy as np

from cueline.lessons.dialogue_arrays import UNITS, DialogueArrays
from cueline.lessons.lesson import Step, Values, Variant, difference, shape, turn_names
from cueline.lessons.numpy_layers import lstm_cell

USES = {
    (False, False): "One answer a dialogue.",
    (True, False): "An answer at each turn, in training.",
    (False, True): "One answer, and the state to go on from; an encoder's hand-over.",
    (True, True): "An answer at each turn, and the state to go on from: live.",
}
"""What `LSTM` is for with `return_sequences` and `return_state` so."""


def combinations_step(arrays: DialogueArrays) -> Step:
    """The four combinations of `return_sequences` and `return_state`."""
    last, every = arrays.outputs[:, -1].shape, arrays.outputs.shape
    variants = []
    for (sequences, state), use in USES.items():
        code = f"LSTM({UNITS}, return_sequences={sequences}, return_state={state})"
        given = f"{every if sequences else last}" + (f", h {last}, c {last}" if state else "")
        variants.append(Variant(code, given, note=use))
    return Step(
        "LSTM: return_sequences and return_state",
        "h is the last output, c the cell that the LSTM keeps to itself. Each is (dialogue, unit), "
        "however long the dialogue.",
        tuple(variants),
    )


def state_step(arrays: DialogueArrays) -> Step:
    """The dialogue at once, turn by turn with the state handed on, and without."""
    whole = arrays.outputs
    carried, forgotten = (_turn_by_turn(arrays.x, hand_on) for hand_on in (True, False))
    rows, axes = turn_names(whole[0]), "dialogue, turn, unit"
    variants = (
        Variant("y, h, c = lstm(x)", shape(whole, axes), rows, whole[0], note="All turns at once."),
        Variant(
            "y, h, c = lstm(turn, initial_state=[h, c])",
            shape(carried, axes),
            rows,
            carried[0],
            note="Turn by turn; the caller keeps h and c. Loses: nothing.",
        ),
        Variant(
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
        variants,
        f"At once and turn by turn differ by {difference(whole, carried)}; with the state dropped, "
        f"by {difference(whole, forgotten)}.",
    )


def _turn_by_turn(x: Values, hand_on: bool) -> Values:
    cell = lstm_cell(x.shape[-1], UNITS)
    outputs, state = [], cell.start(len(x))
    for turn in range(x.shape[1]):
        after = cell.step(x[:, turn], state)
        outputs.append(after.hidden)
        state = after if hand_on else state
    return np.stack(outputs, axis=1)
