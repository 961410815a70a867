"""Candidates are all the sets that are likely enough, found without looking at all 2^A."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.decisions.candidates import likeliest_sets
from cueline.policy.decisions.decision_model import MAX_CANDIDATES, DecisionModel
from cueline.policy.decisions.set_distribution import batched
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.decisions.set_distribution.single import TurnLogWeights
from tests.policy.decisions.set_distribution.test_distribution import (
    ALL,
    A,
    counts,
    every_probability,
    logits,
    masks,
)

EVERY = np.array(list(product([0, 1], repeat=12)), np.float32)
"""All sets of 12 actions."""
SLACK = 1e-4
"""In log probabilities, between two ways to add them up."""


@given(counts, logits, masks, st.floats(-12, 0), st.integers(1, 4) | st.integers(1, 2**A))
def test_they_are_the_likeliest_of_all_sets(
    seen: dict[tuple[int, ...], int],
    z: np.ndarray,
    allowed: np.ndarray,
    min_log_prob: float,
    most: int,
) -> None:
    prior = np.zeros(A, np.float32)
    for sets in (
        SetDistribution.of(seen, prior),
        SetDistribution.independent(A),
        SetDistribution.single_action(A),
    ):
        log_weights = batched.log_weights(sets, z[None], allowed[None])
        combined = log_weights.seen[0] + sets.combined_gain
        weights = TurnLogWeights(
            log_weights.logits[0],
            combined,
            float(log_weights.unseen[0]),
            float(log_weights.total[0]),
        )
        found = likeliest_sets(sets, weights, min_log_prob, most)
        scores = [score for _, score in found]
        assert scores == sorted(scores, reverse=True)
        assert len({bits for bits, _ in found}) == len(found)
        with np.errstate(divide="ignore"):
            every = np.log(every_probability(sets, z, allowed))
        number = {tuple(np.flatnonzero(bits).tolist()): row for row, bits in enumerate(ALL)}
        for bits, score in found:
            assert abs(score - every[number[bits]]) < SLACK
        surely = int((every > min_log_prob + SLACK).sum())
        maybe = int((every > min_log_prob - SLACK).sum())
        assert min(surely, most) <= len(found) <= min(maybe, most)
        np.testing.assert_allclose(scores, -np.sort(-every)[: len(found)], atol=SLACK)


def test_no_set_is_more_than_certain() -> None:
    """Rounding may put a set's weight a little above that of everything."""
    sets = SetDistribution(1, [[0]], [0.0], None)
    weights = TurnLogWeights(np.zeros(1, np.float32), np.float32([1.0]), -np.inf, 0.9999999)
    assert likeliest_sets(sets, weights, -1.0, 9) == [((0,), 0.0)]


@given(counts, logits, logits, masks)
def test_their_probabilities_are_those_of_all_sets(
    seen: dict[tuple[int, ...], int], prior: np.ndarray, z: np.ndarray, allowed: np.ndarray
) -> None:
    sets = SetDistribution.of(seen, prior)
    model = DecisionModel(sets, coverage_curve=CoverageCurve([0.0], [12.0]))
    named = next(model.candidates(z[None], allowed[None]))
    every = every_probability(sets, z, allowed)
    number = {tuple(np.flatnonzero(bits).tolist()): row for row, bits in enumerate(ALL)}
    for bits, probability in named.sets:
        assert abs(probability - every[number[bits]]) < SLACK
    assert len(named.sets) >= (every > np.exp(-12.0 + SLACK)).sum()


def decision_model(sets: SetDistribution) -> DecisionModel:
    curve = CoverageCurve.of(np.linspace(0, 12, 40))
    return DecisionModel(sets, coverage_curve=curve)


@given(counts, logits, masks, st.floats(0.05, 0.99), st.floats(0.05, 0.99))
def test_they_are_nested_in_coverage_and_hold_the_decision(
    seen: dict[tuple[int, ...], int], z: np.ndarray, allowed: np.ndarray, one: float, other: float
) -> None:
    for sets in (
        SetDistribution.of(seen, np.zeros(A, np.float32)),
        SetDistribution.single_action(A),
    ):
        decided = decision_model(sets).predict(z[None], allowed[None])
        fewer, more = (
            next(decision_model(sets).at(coverage=coverage).candidates(z[None], allowed[None]))
            for coverage in sorted([one, other])
        )
        assert {bits for bits, _ in fewer.sets} <= {bits for bits, _ in more.sets}
        first = tuple(np.flatnonzero(decided.bits[0]).tolist())
        assert (first, float(decided.confidence[0])) in fewer.sets
        assert not more.cut
        for bits, _ in more.sets:
            assert allowed[list(bits)].all()


@given(st.integers(0, 999), st.floats(0.05, 0.99))
def test_where_there_are_too_many_it_is_said(seed: int, coverage: float) -> None:
    rng = np.random.default_rng(seed)
    wide = rng.normal(0, 0.5, (1, 12)).astype(np.float32)
    found = decision_model(SetDistribution.independent(12)).at(coverage=coverage)
    named = next(found.candidates(wide, np.ones((1, 12), bool)))
    every = EVERY @ wide[0] - np.logaddexp(0, wide[0]).sum()
    enough = int((every >= found.alike.candidate).sum())
    assert named.cut == (enough > MAX_CANDIDATES)
    assert len(named.sets) == min(max(enough, 1), MAX_CANDIDATES)
