"""What each decision may rest on: its own turn, the past, or also the future."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from cueline.dialogue import Dialogue
from cueline.layers import LSTM, TimeDistributed
from cueline.lessons.arrays import UNITS, LessonArrays, array, drawn
from cueline.lessons.lesson import Numbers, Step, Way, amount, numbered, shape


def silo_step(turns: LessonArrays) -> Step:
    """Turns in silos beside an LSTM, on two dialogues that differ in the first turn only."""
    silo, lstm = logits(turns, None), logits(turns, LSTM(UNITS, return_sequences=True))
    alone, carried = (changes(model, turns, turns.other_first) for model in (silo, lstm))
    actions, axes = len(turns.space), "dialogue, turn, action"
    ways = (
        Way(
            f"TimeDistributed(Dense({actions}))",
            shape(alone, axes),
            numbered(alone[0]),
            alone[0],
            note="Loses: all that was said before. Turns in silos.",
        ),
        Way(
            f"LSTM({UNITS}, return_sequences=True), TimeDistributed(Dense({actions}))",
            shape(carried, axes),
            numbered(carried[0]),
            carried[0],
            note="Loses: nothing of the past.",
        ),
    )
    return Step(
        "TimeDistributed alone has no memory",
        f"Two dialogues that differ in turn 0 only: {_quoted(turns.dialogue, 0)} and "
        f"{_quoted(turns.other_first, 0)}. Below, by how much each logit differs between the two.",
        ways,
        f"At turn 1 and later: by {_most(alone[:, 1:])} in silos, by {_most(carried[:, 1:])} with "
        "the LSTM.",
    )


def leak_step(turns: LessonArrays) -> Step:
    """A bidirectional LSTM beside a causal one, on two dialogues that differ in the last turn."""
    both = keras.layers.Bidirectional(LSTM(UNITS, return_sequences=True))
    forward, leaking = (
        changes(logits(turns, memory), turns, turns.other_last)
        for memory in (LSTM(UNITS, return_sequences=True), both)
    )
    axes, last = "dialogue, turn, action", turns.count - 1
    ways = (
        Way(
            f"LSTM({UNITS}, return_sequences=True)",
            shape(forward, axes),
            numbered(forward[0]),
            forward[0],
            note="Turns before the last cannot know it.",
        ),
        Way(
            f"Bidirectional(LSTM({UNITS}, return_sequences=True))",
            shape(leaking, axes),
            numbered(leaking[0]),
            leaking[0],
            note="Loses: its worth live. It learns from turns that have not happened yet when it "
            "must act; for labelling finished dialogues it is fine.",
        ),
    )
    return Step(
        "Bidirectional leaks the future",
        f"Two dialogues that differ in the last turn only: {_quoted(turns.dialogue, last)} and "
        f"{_quoted(turns.other_last, last)}. Below, by how much each logit differs between them.",
        ways,
        f"At turn 0: by {_most(forward[:, 0])} with the LSTM, by {_most(leaking[:, 0])} with "
        "Bidirectional.",
    )


def logits(turns: LessonArrays, memory: Any) -> Any:
    """Turn vectors to logits through `memory`, or through none: (1, T, F) -> (1, T, A)."""
    size = turns.x.shape[1:]
    if memory is None:
        return drawn(TimeDistributed(keras.layers.Dense(len(turns.space))), *size)
    memory = drawn(memory, *size)
    width = memory.compute_output_shape((None, *size))[-1]
    dense = drawn(TimeDistributed(keras.layers.Dense(len(turns.space))), size[0], width)
    return lambda x: dense(memory(x))


def changes(model: Any, turns: LessonArrays, other: Dialogue) -> Numbers:
    """By how much the logits differ for another dialogue. *Shape:* (1, T, A)."""
    first, second = array(model(np.concatenate([turns.x, turns.vectors(other)])))
    return np.asarray(second - first)[None]


def _most(change: Numbers) -> str:
    return amount(float(np.abs(change).max(initial=0)))


def _quoted(dialogue: Dialogue, turn: int) -> str:
    said = dialogue.turns[turn].user
    return "(silence)" if said is None else f'"{" ".join(said.split())[:60]}"'
