"""Candidates are all the sets that are likely enough, found without looking at all 2^A."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.decisions.candidates import likeliest
from cueline.policy.decisions.decision_model import MOST, DecisionModel
from cueline.policy.decisions.set_distribution.batched import ActionSets
from cueline.policy.decisions.set_distribution.single import Scores
from tests.policy.decisions.set_distribution.test_batched import (
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


@given(counts, logits, masks, st.floats(-12, 0), st.integers(1, 2**A))
def test_they_are_the_likeliest_of_all_sets(
    seen: dict[tuple[int, ...], int], z: np.ndarray, allowed: np.ndarray, least: float, most: int
) -> None:
    prior = np.zeros(A, np.float32)
    for sets in (ActionSets.of(seen, prior), ActionSets.independent(A), ActionSets.single(A)):
        log_weights = sets.log_weights(z[None], allowed[None])
        whole = log_weights.seen[0] + sets.overlap
        scores = Scores(
            log_weights.logits[0], whole, float(log_weights.rest[0]), float(log_weights.total[0])
        )
        found = likeliest(sets, scores, least, most)
        scores = [score for _, score in found]
        assert scores == sorted(scores, reverse=True)
        assert len({bits for bits, _ in found}) == len(found)
        with np.errstate(divide="ignore"):
            every = np.log(every_probability(sets, z, allowed))
        number = {tuple(np.flatnonzero(bits).tolist()): row for row, bits in enumerate(ALL)}
        for bits, score in found:
            assert abs(score - every[number[bits]]) < SLACK
        surely = int((every > least + SLACK).sum())
        maybe = int((every > least - SLACK).sum())
        assert min(surely, most) <= len(found) <= min(maybe, most)
        np.testing.assert_allclose(scores, -np.sort(-every)[: len(found)], atol=SLACK)


def rule(sets: ActionSets) -> DecisionModel:
    curve = CoverageCurve.of(np.linspace(0, 12, 40))
    return DecisionModel(sets, coverage_curve=curve)


@given(counts, logits, masks, st.floats(0.05, 0.99), st.floats(0.05, 0.99))
def test_they_are_nested_in_coverage_and_hold_the_decision(
    seen: dict[tuple[int, ...], int], z: np.ndarray, allowed: np.ndarray, one: float, other: float
) -> None:
    for sets in (ActionSets.of(seen, np.zeros(A, np.float32)), ActionSets.single(A)):
        decided = rule(sets).predict(z[None], allowed[None])
        fewer, more = (
            next(rule(sets).at(coverage=coverage).candidates(z[None], allowed[None]))
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
    found = rule(ActionSets.independent(12)).at(coverage=coverage)
    named = next(found.candidates(wide, np.ones((1, 12), bool)))
    every = EVERY @ wide[0] - np.logaddexp(0, wide[0]).sum()
    enough = int((every >= found.least).sum())
    assert named.cut == (enough > MOST)
    assert len(named.sets) == min(max(enough, 1), MOST)
