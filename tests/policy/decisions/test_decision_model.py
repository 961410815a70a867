"""A decision says how sure it is and why, for the risk and the coverage that were chosen."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.errors import SettingsError
from cueline.policy import Decision, Policy
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.decision import Candidate
from cueline.policy.decisions.decision_model import (
    DEFAULT_COVERAGE,
    DEFAULT_RISK,
    MAX_CANDIDATES,
    DecisionModel,
    _portions,
    _unsure,
)
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.settings import NetworkSettings
from tests.policies import ACTIONS, dialogues, networks, random_policy

SPACE = ActionSpace(ACTIONS)
RISKS = RiskCurve([0.9, 0.6, 0.3], [0.01, 0.05, 0.2])
SURPRISES = CoverageCurve([0.01, 0.1, 0.4], [5.0, 2.0, 0.5])
NETWORK = NetworkSettings(5, units=7)
shares = st.floats(0.01, 0.99)


def decided(probabilities: list[float], masked: tuple[str, ...] = ()) -> Decision:
    """What a rule for single actions makes of `probabilities`."""
    decision_model = DecisionModel(
        SetDistribution.single_action(len(ACTIONS)), risk_curve=RISKS, coverage_curve=SURPRISES
    )
    logits = np.log(np.array(probabilities, np.float32))
    return decision_model.decide(logits, SPACE, dict.fromkeys(masked, "why not"))


def test_the_reason_says_why_it_is_sure_or_not() -> None:
    assert decided([0.7, 0.1, 0.1, 0.1]).reason == "sure"
    assert decided([0.5, 0.2, 0.15, 0.15]).reason == "unsure"
    assert decided([0.45, 0.4, 0.1, 0.05]).reason == "ambiguous"
    assert decided([0.7, 0.1, 0.1, 0.1], masked=tuple(ACTIONS)).reason == "nothing_allowed"


def test_a_turn_of_mostly_new_words_or_values_is_unfamiliar() -> None:
    policy = random_policy(NETWORK)  # never sure
    reasons = [
        policy.act(turn, policy.start())[0].reason
        for turn in (
            Turn("find qwx zzy"),
            Turn("find a table", {"mood": "grim"}),
            Turn("qwx zzy", available=()),
            Turn("find a table", {"city": "paris"}),
        )
    ]
    assert reasons[:3] == ["unfamiliar", "unfamiliar", "nothing_allowed"]
    assert reasons[3] in ("ambiguous", "unsure")
    sure = random_policy(NETWORK, risk_curve=RiskCurve([0.0], [0.0]))
    assert sure.act(Turn("find qwx zzy"), sure.start())[0].reason == "sure"


def test_at_a_novel_turn_another_curve_says_what_is_sure() -> None:
    model = DecisionModel(
        SetDistribution.single_action(len(ACTIONS)),
        risk_curve=RiskCurve([0.5], [0.0]),
        novel_curve=RiskCurve([0.8], [0.0]),
        familiar=(0.5, 0.25),
    )

    def reason(first: float, *newness: float) -> str:
        logits = np.log(np.array([first, 1 - first, 1e-9, 1e-9], np.float32))
        return model.decide(logits, SPACE, {}, newness).reason

    assert reason(0.7, 0.5, 0.25) == "sure"
    assert reason(0.7, 0.6, 0.0) == reason(0.7, 0.0, 0.3) == "unfamiliar"
    assert reason(0.9, 0.6, 0.3) == "sure"


def test_at_a_novel_turn_another_curve_says_what_is_a_candidate() -> None:
    model = DecisionModel(
        SetDistribution.single_action(len(ACTIONS)),
        coverage_curve=CoverageCurve([0.1], [0.5]),
        novel_coverage_curve=CoverageCurve([0.3], [3.0]),
        familiar=(0.5, 0.25),
    )
    logits = np.log(np.float32([0.7, 0.2, 0.09, 0.01]))
    newness = np.array([[0.5, 0.0], [0.6, 0.0]])
    alike, novel = (model.decide(logits, SPACE, {}, new) for new in newness.tolist())
    assert (len(alike.candidates), alike.coverage) == (1, 0.9)
    assert (len(novel.candidates), novel.coverage) == (3, 0.7)
    named = model.candidates(np.stack([logits] * 2), np.ones((2, 4), bool), newness)
    assert [len(one.sets) for one in named] == [1, 3]
    assert model.kept_coverage(newness) == pytest.approx(0.8)
    nothing_scored = DecisionModel(model.distribution, coverage_curve=model.coverage_curve)
    assert nothing_scored.novel.candidate == nothing_scored.alike.candidate


@given(
    st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_many_decisions_are_as_sure_as_each(
    drawn: list[tuple[float, float, float]], familiar: tuple[float, float]
) -> None:
    model = DecisionModel(
        SetDistribution.single_action(len(ACTIONS)),
        platt=PlattScaling(0.8, 0.1, 1.5, 0.7),
        novel_platt=PlattScaling(0.5, -0.2, 1.0, 0.3),
        risk_curve=RiskCurve([0.5], [0.0]),
        novel_curve=RiskCurve([0.6], [0.0]),
        familiar=familiar,
    )
    chances = np.array([[max(one, 1e-3), 1e-9, 1e-9, 1e-9] for one, _, _ in drawn], np.float32)
    logits, newness = np.log(chances), np.array([new for _, *new in drawn])
    allowed = np.ones(logits.shape, bool)
    predictions = model.predict(logits, allowed, newness)
    each = [model.decide(row, SPACE, {}, new) for row, new in zip(logits, newness, strict=True)]
    confidences = [one.confidence for one in each]
    # Near 1 a float32 has few digits left for the odds.
    np.testing.assert_allclose(predictions.confidence, confidences, atol=1e-3)
    assert model.sure(np.array(confidences), newness).tolist() == [one.sure for one in each]


def test_a_coverage_that_cannot_be_reached_is_not_promised() -> None:
    model = DecisionModel(SetDistribution.single_action(4), coverage_curve=SURPRISES)
    logits = np.zeros(4, np.float32)
    assert model.at(coverage=0.9).decide(logits, SPACE, {}).coverage == 0.9
    beyond = model.at(coverage=0.999)
    assert beyond.decide(logits, SPACE, {}).coverage == 0.99
    assert beyond.alike.candidate == model.at(coverage=0.99).alike.candidate


def test_only_what_would_be_named_counts_as_nameable() -> None:
    model = DecisionModel(SetDistribution.independent(8))
    logits = np.tile(np.float32([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), (2**8, 1))
    bits = np.array(list(product([False, True], repeat=8)))
    allowed = np.ones(bits.shape, bool)
    named = model.nameable(logits, allowed, bits)
    order = np.argsort(-model.log_likelihood(logits, allowed, bits))
    assert named.sum() == MAX_CANDIDATES - 1  # one is kept for the decision
    assert named[order[: MAX_CANDIDATES - 5]].all()  # but for ties at the end
    of_none = model.nameable(logits[:0], allowed[:0], bits[:0])
    assert (of_none.shape, of_none.dtype) == ((0,), bool)


@given(networks, dialogues, shares, shares, st.integers(0, 99))
def test_a_greater_risk_or_coverage_only_adds(
    network: NetworkSettings, dialogue: Dialogue, one: float, other: float, seed: int
) -> None:
    policy = random_policy(network, seed, risk_curve=RISKS, coverage_curve=SURPRISES)
    state = policy.start()
    less, more = (policy.at(risk=share, coverage=share) for share in sorted([one, other]))
    for turn in dialogue.turns:
        (few, _), (many, state) = less.act(turn, state), more.act(turn, state)
        assert few.actions == many.actions
        assert few.sure <= many.sure
        assert set(few.candidates) <= set(many.candidates)
        for decision in (few, many):
            assert decision.sure == (decision.reason == "sure")
            assert decision.actions in [candidate.actions for candidate in decision.candidates]
            chances = [candidate.probability for candidate in decision.candidates]
            assert chances == sorted(chances, reverse=True)


@settings(max_examples=10)
@given(shares, shares)
def test_another_operating_point_is_the_same_policy(risk: float, coverage: float) -> None:
    policy = random_policy(NETWORK, risk_curve=RISKS, coverage_curve=SURPRISES)
    other = policy.at(risk=risk, coverage=coverage)
    assert other.hash == policy.hash
    assert other.weights is policy.weights
    assert (policy.decision_model.risk, policy.decision_model.coverage) == (
        DEFAULT_RISK,
        DEFAULT_COVERAGE,
    )
    assert other.at(risk=DEFAULT_RISK).decision_model == policy.at(coverage=coverage).decision_model
    with TemporaryDirectory() as folder:
        other.save(Path(folder, "policy"))
        loaded = Policy.load(Path(folder, "policy"))
    turn = Turn("find a table")
    assert loaded.act(turn, loaded.start())[0] == other.act(turn, other.start())[0]
    assert loaded.hash == policy.hash


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_what_is_no_share_is_refused(share: float) -> None:
    policy = random_policy(NETWORK)
    with pytest.raises(SettingsError, match=r"risk is a share of wrong decisions, .* not"):
        policy.at(risk=share)
    with pytest.raises(SettingsError, match=r"coverage is a share of turns, .* not"):
        policy.at(coverage=share)


def test_the_ends_of_what_is_a_share() -> None:
    model = DecisionModel(SetDistribution.single_action(2))
    assert model.at(risk=0).risk == 0
    assert model.at(risk=1).risk == 1
    assert model.at(risk=0.2).coverage == DEFAULT_COVERAGE
    for end in (0, 1):
        with pytest.raises(SettingsError, match="coverage is a share"):
            model.at(coverage=end)


@given(networks, dialogues, st.integers(0, 99), st.floats(0.3, 3))
def test_one_turn_says_what_many_do(
    network: NetworkSettings, dialogue: Dialogue, seed: int, temperature: float
) -> None:
    policy = random_policy(network, seed, risk_curve=RISKS, coverage_curve=SURPRISES)
    policy.decision_model = replace(policy.decision_model, temperature=temperature)
    model = policy.decision_model
    dataset = policy.dataset([dialogue])
    logits, allowed = policy.logits(dataset), dataset.allowed(len(policy.actions))
    predictions = model.predict(logits, allowed)
    for row, decision in enumerate(policy.decide(dialogue)):
        names = policy.actions.names
        assert list(decision.probabilities) == list(names)
        np.testing.assert_allclose(
            list(decision.probabilities.values()), predictions.probabilities[row], atol=1e-4
        )
        off = [name for name, on in zip(names, allowed[row], strict=True) if not on]
        assert sorted(decision.masked) == sorted(decision.reasons) == sorted(off)
        assert decision.risk == model.risk
        assert decision.cut is False or len(decision.candidates) == MAX_CANDIDATES


def test_more_candidates_than_are_named_are_cut() -> None:
    model = DecisionModel(
        SetDistribution.independent(8), coverage_curve=CoverageCurve([0.1], [50.0])
    )
    space = ActionSpace([f"a{number}" for number in range(8)])
    many = model.decide(np.linspace(-1, 1, 8, dtype=np.float32), space, {})
    assert (many.cut, len(many.candidates)) == (True, MAX_CANDIDATES)
    few = model.decide(
        np.linspace(-1, 1, 8, dtype=np.float32), space, dict.fromkeys(space.names[3:], "no")
    )
    assert (few.cut, len(few.candidates)) == (False, 8)
    certain = model.decide(np.full(8, 60, np.float32), space, {})
    assert (certain.cut, len(certain.candidates)) == (False, 1)


def test_the_candidates_share_what_the_confidence_leaves() -> None:
    for slope, confident in ((0.5, False), (2.0, True)):
        model = DecisionModel(
            SetDistribution.single_action(4),
            platt=PlattScaling(slope, 0.0),
            coverage_curve=CoverageCurve([0.0], [20.0]),
        )
        decision = model.decide(np.log(np.float32([0.7, 0.15, 0.1, 0.05])), SPACE, {})
        chances = [one.probability for one in decision.candidates]
        assert chances[0] == decision.confidence
        assert (decision.confidence > 0.7) == confident
        assert sum(chances) == pytest.approx(1, abs=1e-5)
        assert chances[1] / chances[3] == pytest.approx(3, rel=1e-4)


def test_a_confidence_of_nothing_leaves_the_others_as_they_are() -> None:
    model = DecisionModel(
        SetDistribution.single_action(4), coverage_curve=CoverageCurve([0.0], [20.0])
    )
    decision = model.decide(np.zeros(4, np.float32), SPACE, dict.fromkeys(ACTIONS, "no"))
    assert decision.confidence == 0


def test_sure_is_from_the_threshold_on_and_ambiguous_from_the_half() -> None:
    model = DecisionModel(SetDistribution.single_action(4), risk_curve=RiskCurve([0.75], [0.0]))
    confidence = np.array([0.75, 0.7499])
    assert model.sure(confidence, np.zeros((2, 2))).tolist() == [True, False]
    logits = np.log(np.float32([0.5, 0.25, 0.15, 0.1]))
    confidence = model.decide(logits, SPACE, {}).confidence
    just = replace(model, risk_curve=RiskCurve([confidence], [0.0]))
    assert just.decide(logits, SPACE, {}).sure
    half = tuple(Candidate((name,), chance) for name, chance in (("ask", 0.5), ("book", 0.25)))
    assert _unsure(half, any_allowed=True, novel=False) == "ambiguous"
    wide = replace(model, coverage_curve=CoverageCurve([0.0], [20.0]))
    assert wide.decide(logits + np.float32([0, 0.01, 0, 0]), SPACE, {}).reason == "ambiguous"
    assert wide.decide(logits - np.float32([0, 0.01, 0, 0]), SPACE, {}).reason == "unsure"


def test_what_is_novel_is_told_apart_row_by_row() -> None:
    model = DecisionModel(
        SetDistribution.single_action(4),
        platt=PlattScaling(1.0, 0.0, 2.0, 1.0),
        risk_curve=RiskCurve([0.2], [0.0]),
        novel_curve=RiskCurve([0.9], [0.0]),
        familiar=(0.5, 0.5),
        coverage_curve=CoverageCurve([0.0], [20.0]),
    )
    newness = np.array([[0.1, 0.2], [0.9, 0.9]])
    assert model.sure(np.array([0.5, 0.5]), newness).tolist() == [True, False]
    logits = np.tile(np.log(np.float32([0.7, 0.1, 0.1, 0.1])), (2, 1))
    allowed = np.ones(logits.shape, bool)
    one, other = (
        model.decide(row, SPACE, {}, new).confidence
        for row, new in zip(logits, newness.tolist(), strict=True)
    )
    assert one > other
    found = model.predict(logits, allowed, newness).confidence
    np.testing.assert_allclose(found, [one, other], atol=1e-5)
    named = [dict(sets.sets)[0,] for sets in model.candidates(logits, allowed, newness)]
    np.testing.assert_allclose(named, [one, other], atol=1e-5)


def test_nothing_is_lost_between_portions() -> None:
    for rows, actions, size in ((0, 4, 250), (1, 4, 250), (250, 4, 250), (251, 200, 250),
                                (999, 500, 100), (999, 50_000, 60)):  # fmt: skip
        parts = _portions(np.empty((rows, actions), np.float32))
        assert [number for part in parts for number in range(rows)[part]] == list(range(rows))
        assert len(parts) == max(math.ceil(rows / size), 1)
