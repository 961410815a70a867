"""What a policy has over its best baseline, and whether that is sure."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.baselines import Lead


def of_dialogues(counts: list[tuple[int, int, int]]) -> Lead:
    """Dialogues with those turns: the policy alone right, the baseline alone, neither."""
    turns = np.array([sum(some) for some in counts])
    ours = np.concatenate([[1] * a + [0] * (b + c) for a, b, c in counts]).astype(bool)
    theirs = np.concatenate([[0] * a + [1] * b + [0] * c for a, b, c in counts]).astype(bool)
    lead = Lead.of(ours, {"linear": theirs}, np.repeat(np.arange(len(counts)), turns))
    assert lead is not None
    return lead


counted = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 4))


@given(st.lists(counted, min_size=1, max_size=20))
def test_the_interval_is_around_the_difference_and_that_of_the_other_side_mirrors_it(
    counts: list[tuple[int, int, int]],
) -> None:
    lead = of_dialogues(counts)
    turns = sum(map(sum, counts))
    assert lead.exact == round((sum(a - b for a, b, _ in counts)) / turns, 6)
    assert -1 <= lead.interval[0] <= lead.exact <= lead.interval[1] <= 1
    mirrored = of_dialogues([(b, a, c) for a, b, c in counts])
    assert mirrored.exact == -lead.exact
    assert np.allclose(mirrored.interval, [-lead.interval[1], -lead.interval[0]])


def test_it_is_that_over_the_baseline_which_is_right_most_often() -> None:
    right = np.array([True, True, True, False])
    others = {"majority": np.array([True, False, False, False]), "linear": right}
    lead = Lead.of(right, others, np.arange(4))
    assert lead == Lead("linear", 0.0, (0.0, 0.0))
    assert not lead.is_sure
    assert Lead.of(right, {}, np.arange(4)) is None


def test_what_one_dialogue_shows_is_sure_of_nothing() -> None:
    assert of_dialogues([(9, 0, 1)]).interval == (-0.1, 1.0)
    assert not of_dialogues([(9, 0, 1)]).is_sure


def test_twice_as_many_dialogues_have_a_narrower_interval_and_longer_ones_do_not() -> None:
    def width(counts: list[tuple[int, int, int]]) -> float:
        low, high = of_dialogues(counts).interval
        return high - low

    some = [(2, 0, 2), (1, 1, 2), (0, 1, 3), (2, 1, 1)]
    assert width(some * 2) < width(some)
    assert np.isclose(width([(2 * a, 2 * b, 2 * c) for a, b, c in some]), width(some))


def test_its_interval_holds_what_is_true_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        ahead = rng.choice(3, size=60, p=(0.3, 0.2, 0.5))  # each dialogue is of one mind
        low, high = of_dialogues([tuple(5 * np.eye(3, dtype=int)[one]) for one in ahead]).interval
        held += low <= 0.1 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_a_line_says_whether_anything_is_added() -> None:
    assert str(Lead("linear", 0.1, (0.05, 0.15))) == (
        "better than its best baseline, linear: exact +0.100 (+0.050 to +0.150)"
    )
    assert str(Lead("ngram", 0.004, (-0.01, 0.018))) == (
        "adds nothing sure to its best baseline, ngram: exact +0.004 (-0.010 to +0.018)"
    )
