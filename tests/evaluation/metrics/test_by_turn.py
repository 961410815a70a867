"""By turn number and by dialogue: nothing is counted twice or left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.metrics.by_turn import by_dialogue, by_turn
from cueline.settings import NetworkSettings
from tests.evaluation.drawn import Drawn, corpora
from tests.policies import dialogues, networks, random_policy


@given(corpora())
def test_each_turn_is_counted_where_it_stands(drawn: Drawn) -> None:
    right = drawn.answers.right(drawn.decided.bits)
    verdicts = iter(right.tolist())
    told = [[next(verdicts) for _ in dialogue.turns] for dialogue in drawn.dialogues]
    for one in by_turn(drawn.answers, right, ~right):
        here = [turns for turns in told if len(turns) > one.turn]
        flawless = [turns for turns in here if all(turns[: one.turn])]
        assert one.turns == len(here)
        assert one.exact == pytest.approx(sum(turns[one.turn] for turns in here) / len(here))
        assert one.free_running == pytest.approx(1 - one.exact)
        assert one.flawless == len(flawless)
        assert one.first_wrong == sum(not turns[one.turn] for turns in flawless)
    for turns, dialogue in zip(
        told, by_dialogue(drawn.answers, right, drawn.dialogues), strict=True
    ):
        assert (dialogue.turns, dialogue.right) == (len(turns), sum(turns))
        assert dialogue.first_wrong == (turns.index(False) if False in turns else None)


@given(networks, st.lists(dialogues, min_size=1, max_size=4))
def test_a_policy_left_to_itself_makes_its_first_mistake_where_it_always_does(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    report = evaluate_dialogues(random_policy(network), corpus)
    assert report.free_running is not None
    assert report.free_running.dialogue_accuracy == report.dialogue_accuracy
    for one in report.by_turn:
        if one.flawless == one.turns:  # nothing has gone wrong yet
            assert one.free_running == one.exact
