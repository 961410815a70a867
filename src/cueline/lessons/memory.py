"""What each decision may rest on: its own turn, the past, or also the future."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cueline.dialogue import Dialogue
from cueline.lessons.dialogue_arrays import UNITS, DialogueArrays
from cueline.lessons.lesson import Step, Values, Variant, magnitude, shape, turn_names
from cueline.lessons.numpy_layers import bidirectional, dense, lstm

AXES = "dialogue, turn, action"


def silo_step(arrays: DialogueArrays) -> Step:
    """Turns in silos beside an LSTM, on two dialogues that differ in the first turn only."""
    alone = _changes(arrays, arrays.other_first, lambda x: x)
    carried = _changes(arrays, arrays.other_first, lambda x: lstm(x, UNITS))
    actions = len(arrays.space)
    variants = (
        Variant(
            f"TimeDistributed(Dense({actions}))",
            shape(alone, AXES),
            turn_names(alone[0]),
            alone[0],
            note="Loses: all that was said before. Turns in silos.",
        ),
        Variant(
            f"LSTM({UNITS}, return_sequences=True), TimeDistributed(Dense({actions}))",
            shape(carried, AXES),
            turn_names(carried[0]),
            carried[0],
            note="Loses: nothing of the past.",
        ),
    )
    return Step(
        "TimeDistributed alone has no memory",
        f"Two dialogues that differ in turn 0 only: {_quoted(arrays.dialogue, 0)} and "
        f"{_quoted(arrays.other_first, 0)}. Below, by how much each logit differs between the two.",
        variants,
        f"At turn 1 and later: by {magnitude(alone[:, 1:])} in silos, by "
        f"{magnitude(carried[:, 1:])} with the LSTM.",
    )


def leak_step(arrays: DialogueArrays) -> Step:
    """A bidirectional LSTM beside a causal one, on two dialogues that differ in the last turn."""
    forward = _changes(arrays, arrays.other_last, lambda x: lstm(x, UNITS))
    leaking = _changes(arrays, arrays.other_last, lambda x: bidirectional(x, UNITS))
    last = arrays.count - 1
    variants = (
        Variant(
            f"LSTM({UNITS}, return_sequences=True)",
            shape(forward, AXES),
            turn_names(forward[0]),
            forward[0],
            note="Turns before the last cannot know it.",
        ),
        Variant(
            f"Bidirectional(LSTM({UNITS}, return_sequences=True))",
            shape(leaking, AXES),
            turn_names(leaking[0]),
            leaking[0],
            note="Loses: its worth live. It learns from turns that have not happened yet when it "
            "must act; for labelling finished dialogues it is fine.",
        ),
    )
    return Step(
        "Bidirectional leaks the future",
        f"Two dialogues that differ in the last turn only: {_quoted(arrays.dialogue, last)} and "
        f"{_quoted(arrays.other_last, last)}. Below, by how much each logit differs between them.",
        variants,
        f"At turn 0: by {magnitude(forward[:, 0])} with the LSTM, by {magnitude(leaking[:, 0])} "
        "with Bidirectional.",
    )


def _changes(arrays: DialogueArrays, other: Dialogue, memory: Callable[[Values], Values]) -> Values:
    """By how much the logits differ for another dialogue. *Shape:* (1, T, A)."""
    both = np.concatenate([arrays.x, arrays.vectors(other)])
    first, second = dense(memory(both), len(arrays.space))
    return np.asarray(second - first)[None]


def _quoted(dialogue: Dialogue, turn: int) -> str:
    user = dialogue.turns[turn].user
    return "(silence)" if user is None else f'"{" ".join(user.split())[:60]}"'
