"""Right answers: none is left out, those that the policy cannot give least of all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dataset.targets import turn_targets
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.answers import Answers
from tests.evaluation.drawn import FOREIGN, Drawn, corpora


@given(corpora())
def test_every_answer_is_there_by_name(drawn: Drawn) -> None:
    answers = drawn.answers
    rows = range(len(answers.bits))
    assert [{answers.names[n] for n in answers.targets[row]} for row in rows] == drawn.expected
    assert answers.out_of_space.tolist() == [bool(names & set(FOREIGN)) for names in drawn.expected]
    assert np.diff(answers.starts).tolist() == [len(d.turns) for d in drawn.dialogues]


@given(corpora())
def test_a_decision_is_right_if_the_whole_set_is(drawn: Drawn) -> None:
    right = [done == expected for done, expected in zip(drawn.done, drawn.expected, strict=True)]
    assert drawn.answers.right(drawn.decided.bits).tolist() == right


@given(corpora(), st.integers(1, 4))
def test_some_of_the_answers_stay_what_they_are(drawn: Drawn, step: int) -> None:
    answers = drawn.answers
    rows = np.arange(len(answers.bits))[::step]
    some = answers.take(rows)
    assert [some.expected(row) for row in range(len(rows))] == [
        answers.expected(row) for row in rows.tolist()
    ]
    assert (
        some.right(drawn.decided.bits[rows]).tolist()
        == answers.right(drawn.decided.bits)[rows].tolist()
    )
    assert some.dialogue.tolist() == answers.dialogue[rows].tolist()
    assert some.turn.tolist() == answers.turn[rows].tolist()


def test_an_answer_for_a_dialogue_stands_at_its_last_turn() -> None:
    turns = (Turn("a", actions=()), Turn("b", actions=()))
    dialogues = [Dialogue("1", turns), Dialogue("2", turns[:1])]
    answers = Answers.of(dialogues, ActionSpace(["x"]), lambda dialogue: [("x",)])
    assert answers.turn.tolist() == [1, 0]
    assert answers.dialogue.tolist() == [0, 1]
    assert answers.single


@given(corpora())
def test_turns_are_numbered_from_0_in_each_dialogue(drawn: Drawn) -> None:
    numbers = [n for dialogue in drawn.dialogues for n in range(len(dialogue.turns))]
    assert drawn.answers.turn.tolist() == numbers
    again = Answers.of(drawn.dialogues, ActionSpace(drawn.answers.names[:4]), turn_targets)
    assert again.names == drawn.answers.names
