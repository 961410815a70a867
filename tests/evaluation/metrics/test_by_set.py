"""Turns by their right set: seen in training, never seen, or with an action out of the space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import accuracy_score, f1_score

from cueline.baselines import target_sets
from cueline.dialogue import Dialogue
from cueline.evaluation.metrics.by_set import by_set
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.evaluation.conftest import BRING
from tests.evaluation.drawn import FOREIGN, OWN, Drawn, corpora
from tests.policies import random_policy

UNTRAINED = random_policy(NetworkSettings(embedding=5, units=7))
SEEN = [{OWN[bit] for bit in bits} for bits in UNTRAINED.decision_model.distribution.sets]


def kind(names: set[str]) -> str:
    if names & set(FOREIGN):
        return "out_of_space"
    return "seen" if names in SEEN else "unseen"


@given(corpora())
def test_every_turn_is_of_one_kind_with_scikit_learn_s_figures(drawn: Drawn) -> None:
    found = by_set(UNTRAINED, drawn.decided, drawn.answers)
    kinds = np.array([kind(names) for names in drawn.expected])
    expected, done = drawn.table(drawn.expected), drawn.table(drawn.done)
    for name, one in found.items():
        rows = kinds == name
        assert one.turns == rows.sum()
        if not one.turns:
            assert one.exact is None and one.micro_f1 is None
            continue
        assert one.exact == pytest.approx(accuracy_score(expected[rows], done[rows]))
        if expected[rows].any() or done[rows].any():
            oracle = f1_score(expected[rows], done[rows], average="micro", zero_division=0)
            assert one.micro_f1 == pytest.approx(oracle)
        low, high = one.intervals["exact"]
        assert low - 1e-6 <= one.exact <= high + 1e-6


def test_training_s_sets_are_known_however_many(policy: Policy, unseen: list[Dialogue]) -> None:
    known = {
        tuple(policy.actions.names[bit] for bit in bits) for bits in target_sets(policy.baselines)
    }
    assert known == {("greet", "note"), ("wait",), *((name,) for name in BRING)}
    scored = ScoredCorpus.of(policy, unseen)
    found = by_set(policy, scored.decided, scored.answers)
    assert [found[kind].turns for kind in ("seen", "unseen", "out_of_space")] == [160, 0, 1]
    assert found["out_of_space"].exact == 0
