"""All steps of the lesson, for one dialogue."""

from __future__ import annotations

from cueline.dialogue import Dialogue, Turn
from cueline.lessons.arrays import LessonArrays
from cueline.lessons.encoding import embedding_step, tagging_step, turn_step, words_step
from cueline.lessons.lesson import Lesson, Step
from cueline.lessons.memory import leak_step, silo_step
from cueline.lessons.sequences import bits_step, dense_step, lstm_step, target_step
from cueline.lessons.states import combinations_step, state_step

QUESTION = Dialogue(
    id="question",
    turns=(
        Turn(user="Do you know an apple?", actions=("no",), system="no"),
        Turn(user="xxxxxx", actions=("yyyy",), system="yyyy"),
        Turn(user="aaaaaa", actions=("bbbb",), system="bbbb"),
    ),
)
"""The dialogue that a much-read question about `return_sequences` and `TimeDistributed` asks of."""

BEGINNING = (
    words_step,
    embedding_step,
    turn_step,
    bits_step,
    lstm_step,
    target_step,
    dense_step,
    combinations_step,
)
SEVERAL_TURNS = (state_step, silo_step, leak_step)


def walk(dialogue: Dialogue) -> Lesson:
    """The lesson of `dialogue`; the same numbers each time.

    Raises `CorpusError` where the dialogue has no action.
    """
    turns = LessonArrays(dialogue)
    steps = [step(turns) for step in BEGINNING]
    if turns.count > 1:
        steps += [step(turns) for step in SEVERAL_TURNS]
    else:
        steps.append(
            Step(
                "Memory",
                "This dialogue has one turn, so there is nothing to remember. Name one with "
                "several by --dialogue to see what a memory is for.",
            )
        )
    return Lesson(dialogue, turns.space.names, (*steps, tagging_step(turns)))
