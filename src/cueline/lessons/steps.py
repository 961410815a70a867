"""All steps of the lesson, in order, for one dialogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError, PolicyError
from cueline.lessons.dialogue_arrays import DialogueArrays
from cueline.lessons.encoding import (
    embedding_step,
    padding_step,
    tagging_step,
    turn_step,
    words_step,
)
from cueline.lessons.lesson import Lesson, Step
from cueline.lessons.memory import leak_step, silo_step
from cueline.lessons.sequences import bits_step, dense_step, lstm_step
from cueline.lessons.states import combinations_step, state_step
from cueline.lessons.word_arrays import Sentence, WordArrays
from cueline.lessons.word_level import word_steps
from cueline.policy import Policy

QUESTION = Dialogue(
    id="question",
    turns=(
        Turn(user="Do you know an apple?", actions=("no",), system="no"),
        Turn(user="xxxxxx", actions=("yyyy",), system="yyyy"),
        Turn(user="aaaaaa", actions=("bbbb",), system="bbbb"),
    ),
)
"""The dialogue that a much-read question about `return_sequences` and `TimeDistributed` asks of."""

ENCODING = (words_step, embedding_step, turn_step, padding_step, tagging_step)
DECIDING = (bits_step, lstm_step, dense_step, combinations_step)
REMEMBERING = (state_step, silo_step, leak_step)
ONE_TURN = Step(
    "Memory",
    "This dialogue has one turn, so there is nothing to remember. Name one with several by "
    "--dialogue to see what a memory is for.",
)


def shapes(
    dialogue: Dialogue = QUESTION, corpus: Sequence[Dialogue] = (), said: str | None = None
) -> Lesson:
    """`dialogue` taken through the network: what `return_sequences` and `TimeDistributed` do to it.

    A notebook shows the real arrays of each step beside those of the usual mistakes. The last step
    fits a model to `corpus`, or to the dialogue alone. Needs the extra `train` or `torch`. Raises
    `CorpusError` where the dialogue has no action.
    """
    steps = tuple(lesson_steps(dialogue, corpus or [dialogue], said))
    return Lesson(dialogue, ActionSpace.of([dialogue]).names, steps)


def lesson_steps(
    dialogue: Dialogue, corpus: Sequence[Dialogue] = (), said: str | None = None
) -> Iterator[Step]:
    """The lesson of `dialogue`, a step at a time; the same numbers each time.

    Keras is loaded for the last steps alone, which fit models to `corpus`: one that decides, and
    where words are named one that labels those of the sentence that names most, or of `said`.
    Raises `CorpusError` where the dialogue has no action, and where `said` cannot be labelled.
    """
    arrays = DialogueArrays(dialogue)
    several = arrays.count > 1
    for step in (*ENCODING, *DECIDING, *(REMEMBERING if several else ())):
        yield step(arrays)
    if not several:
        yield ONE_TURN
    from cueline.lessons.fitted import fitted_step
    from cueline.lessons.fitted_words import fitted_word_steps
    from cueline.lessons.in_keras import dropout_step, target_step

    yield target_step(arrays)
    yield dropout_step(arrays)
    yield fitted_step(dialogue, corpus)
    yield from fitted_word_steps(dialogue, corpus, said)


def spoken_steps(policy: Policy, said: str) -> Iterator[Step]:
    """The lesson of one sentence, by the tagger of `policy`; Keras is not needed.

    Raises `CorpusError` where no words are said, and `PolicyError` for a policy that hears none.
    """
    if policy.tagger is None:
        raise PolicyError("the policy hears no words: its corpus had no `spans` and no `arguments`")
    arrays = WordArrays(policy.tagger, Sentence(said))
    if not arrays.words:
        raise CorpusError(f"there is no word in {said!r}; say one")
    return word_steps(arrays, f"they are those of the policy {policy.hash[:12]}")
