"""Before anything is calibrated, a policy that knows nothing says what the counts say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.decisions.initial import (
    initial_decision_model,
    one_action_each,
    prior_logits,
)
from cueline.policy.decisions.set_distribution.distribution import SetDistribution

A = 4
sets = st.sets(st.integers(0, A - 1)).map(lambda bits: tuple(sorted(bits)))
counts = st.dictionaries(sets, st.integers(1, 50), min_size=1)


@given(counts)
def test_a_prior_is_the_share_of_turns_with_each_action(found: dict[tuple[int, ...], int]) -> None:
    """Half a turn with it and half one without are counted beside those seen (Jeffreys, 1946)."""
    turns = sum(found.values())
    several, one = (prior_logits(found, A, single_action=single) for single in (False, True))
    assert several.dtype == one.dtype == np.float32
    for action in range(A):
        done = sum(count for bits, count in found.items() if action in bits)
        share = (done + 0.5) / (turns + 1)
        assert several[action] == pytest.approx(math.log(share / (1 - share)), rel=1e-5, abs=1e-6)
        assert one[action] == pytest.approx(math.log(share), rel=1e-5, abs=1e-6)


def test_what_is_done_always_or_never_stays_possible() -> None:
    never, always = prior_logits({(1,): 10**7}, 2, single_action=False)
    odds = math.log(1e-4 / (1 - 1e-4))
    assert (never, always) == (pytest.approx(odds, rel=1e-4), pytest.approx(-odds, rel=1e-4))
    never, always = prior_logits({(1,): 10**7}, 2, single_action=True)
    assert (never, always) == (
        pytest.approx(math.log(1e-4), rel=1e-4),
        pytest.approx(math.log(1 - 1e-4), rel=1e-2),
    )


@pytest.mark.parametrize(
    ("found", "one_each"),
    [({(0,): 1, (2,): 5}, True), ({(0,): 1, (): 5}, False), ({(0, 1): 1}, False)],
)
@pytest.mark.parametrize("out_of_space", [False, True])
def test_one_action_a_turn_where_it_is_asked_for_or_always_so(
    found: dict[tuple[int, ...], int], one_each: bool, out_of_space: bool
) -> None:
    assert one_action_each(found) == one_each
    softmax = SetDistribution.single_action(A)
    any_set = SetDistribution.of(found, prior_logits(found, A, single_action=False))
    of = {
        decisions: initial_decision_model(found, out_of_space, A, decisions).distribution
        for decisions in ("auto", "single", "multi")
    }
    assert of["single"] == softmax
    assert of["multi"] == any_set
    assert of["auto"] == (softmax if one_each and not out_of_space else any_set)
