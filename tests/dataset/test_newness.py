"""How new a turn is, is the same alone and among many."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dataset.dataset import build
from cueline.dataset.newness import answered_turns, newness
from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.features.novelty import newness as of_turn
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

FITTED = Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]})


@given(st.lists(dialogues, min_size=1, max_size=4))
def test_many_turns_are_as_new_as_each(some: list[Dialogue]) -> None:
    dataset = build(some, FITTED, ActionSpace(FITTED.actions), value_masked=False)
    one_by_one = [of_turn(FITTED, FITTED.turn(turn, ())) for one in some for turn in one.turns]
    assert newness(dataset, FITTED).tolist() == [list(one) for one in one_by_one]
    assert answered_turns(dataset) == slice(None)


def test_unknown_words_and_unseen_values_are_counted() -> None:
    turn = Turn("qqq zzz find", {"city": "atlantis", "known": ("food",), "count": 5})
    found = of_turn(FITTED, FITTED.turn(turn, ()))
    assert found.words == 2 / 3
    assert found.values == 1 / 2


def test_an_answer_per_dialogue_is_that_of_its_last_turn() -> None:
    some = corpus()
    dataset = build(some, FITTED, ActionSpace(["a"]), lambda dialogue: [("a",)], value_masked=False)
    assert np.array_equal(answered_turns(dataset), dataset.dialogues[1:] - 1)
