"""Two policies on the same dialogues: paired, fair, and honest about chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from cueline.actions import ActionSpace
from cueline.baselines import DecisionArrays
from cueline.dataset.targets import turn_targets
from cueline.dialogue import Dialogue, Turn
from cueline.errors import PolicyError
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.answers import Answers
from cueline.evaluation.comparison import compare, differences
from cueline.evaluation.metrics.bootstrap import intervals
from cueline.evaluation.metrics.tally import Tally
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.evaluation.drawn import FOREIGN, OWN, Drawn, corpora
from tests.policies import dialogues, networks, random_policy

UNTRAINED = random_policy(NetworkSettings(embedding=5, units=7))


class Alone(ScoredCorpus):
    """Never left to itself: what it decides is drawn, whatever went before."""

    free = None


def scored(drawn: Drawn, names: tuple[str, ...] = OWN) -> ScoredCorpus:
    """The same decisions by a policy whose action space is `names`."""
    answers = Answers.of(drawn.dialogues, ActionSpace(names), turn_targets)
    place = [names.index(name) for name in OWN]
    bits = np.zeros((len(answers.bits), len(names)), bool)
    bits[:, place] = drawn.decided.bits
    top = np.array([*place, -1])[drawn.decided.top]
    decided = DecisionArrays(bits, drawn.decided.confidence, top)
    dataset = UNTRAINED.dataset(drawn.dialogues)
    logits = np.zeros(bits.shape, np.float32)
    nothing_new = np.zeros((len(bits), 2))
    return Alone(UNTRAINED, drawn.dialogues, dataset, answers, logits, nothing_new, decided)


def simulated(seed: int, gain: float, dialogues: int = 60, turns: int = 8) -> tuple[Tally, Tally]:
    """Two policies: dialogues are easy or hard for both, and the first is better by `gain`."""
    rng = np.random.default_rng(seed)
    chance = np.where(rng.random((dialogues, 1)) < 0.5, 0.8, 0.3)
    corpus = [
        Dialogue(str(number), (Turn("hi", actions=("ask",)),) * turns)
        for number in range(dialogues)
    ]
    answers = Answers.of(corpus, ActionSpace(["ask", "book"]), turn_targets)

    def tally(chance: np.ndarray) -> Tally:
        right = (rng.random((dialogues, turns)) < chance).ravel()
        bits = np.stack([right, ~right], axis=1)
        confidence = np.full(len(bits), 0.6, np.float32)
        return Tally.of(DecisionArrays(bits, confidence, bits.argmax(axis=1)), answers)

    return tally(chance + gain), tally(chance)


@settings(max_examples=10)
@given(networks, networks, st.lists(dialogues, min_size=1, max_size=4))
def test_it_is_the_difference_of_the_figures_and_turns_round(
    network: NetworkSettings, second: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy, other = random_policy(network, 1), random_policy(second, 2)
    report, against = (
        evaluate_dialogues(policy, corpus, other),
        evaluate_dialogues(other, corpus, policy),
    )
    there, back = report.against, against.against
    assert there is not None and back is not None
    assert there.policy == other.hash
    for name, one in there.figures.items():
        assert one.other == pytest.approx(getattr(against, name))
        assert one.difference == pytest.approx(getattr(report, name) - getattr(against, name))
        assert one.difference == pytest.approx(-back.figures[name].difference)
        assert one.interval == pytest.approx(
            tuple(-end for end in back.figures[name].interval[::-1])
        )
    right = report.exact * report.turns
    assert there.fixed_turns - there.broken_turns == pytest.approx(
        right - against.exact * report.turns
    )
    assert (there.fixed_turns, there.better_dialogues) == (back.broken_turns, back.worse_dialogues)
    assert [(one.dialogue, one.turn) for one in there.fixed] == [
        (one.dialogue, one.turn) for one in back.broken
    ]
    for one in there.fixed:
        assert set(one.expected) == set(one.decided) != set(one.other)


@settings(max_examples=10)
@given(corpora())
def test_in_what_order_a_policy_has_its_actions_and_which_others_makes_no_difference(
    drawn: Drawn,
) -> None:
    turned = DecisionArrays(*(column[::-1] for column in drawn.decided))  # other decisions
    other = drawn._replace(decided=turned)
    plain = compare(scored(drawn), scored(other))
    wider = compare(scored(drawn), scored(other, (*FOREIGN, "unused", *reversed(OWN))))
    for name, one in plain.figures.items():
        same = wider.figures[name]
        assert same.difference == pytest.approx(one.difference, abs=1e-6)
        assert same.interval == pytest.approx(one.interval, abs=1e-4)
        assert same.p_value == pytest.approx(one.p_value, abs=0.01)
    places = [(one.dialogue, one.turn, set(one.other)) for one in plain.broken]
    assert [(one.dialogue, one.turn, set(one.other)) for one in wider.broken] == places
    assert wider.free_running is None


@settings(max_examples=10)
@given(corpora())
def test_a_policy_is_no_better_than_itself(drawn: Drawn) -> None:
    found = compare(scored(drawn), scored(drawn))
    assert {one.difference for one in found.figures.values()} == {0}
    assert {one.p_value for one in found.figures.values()} == {1}
    assert (found.fixed_turns, found.broken_turns) == (0, 0)


def test_the_p_value_is_that_of_scipy_s_paired_permutations() -> None:
    for seed in range(5):
        own, other = simulated(seed, gain=0.05)
        found = differences(own, other, single=True)["exact"].p_value
        oracle = permutation_test(
            (own.exact[:, 0], other.exact[:, 0]),
            lambda x, y, axis: (x - y).sum(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=4000,
            rng=np.random.default_rng(0),
        ).pvalue
        assert found == pytest.approx(oracle, abs=0.05)


def test_where_there_is_no_difference_one_is_found_as_rarely_as_said() -> None:
    p = np.array([differences(*simulated(seed, 0.0), True)["exact"].p_value for seed in range(100)])
    assert 0.0 <= np.mean(p <= 0.05) <= 0.10
    assert 0.40 <= np.mean(p <= 0.5) <= 0.65


def test_the_interval_holds_the_difference_and_is_narrower_than_the_figures_make_believe() -> None:
    held, wide, alone = [], [], []
    for seed in range(60):
        own, other = simulated(seed, gain=0.1)
        low, high = differences(own, other, single=True)["exact"].interval
        held.append(low <= 0.1 <= high)
        wide.append(high - low)
        first, second = (intervals(tally, single=True)["exact"] for tally in (own, other))
        alone.append(first[1] - first[0] + second[1] - second[0])
    assert 0.88 <= np.mean(held) <= 1
    assert np.mean(wide) < 0.6 * np.mean(alone)


def test_it_says_where_a_trained_policy_is_better(policy: Policy, unseen: list[Dialogue]) -> None:
    bias = policy.weights["memory.bias"].copy()
    bias[len(bias) // 4 : len(bias) // 2] = -100  # the forget gate: nothing is kept
    weights = {**policy.weights, "memory.bias": bias}
    weights["memory.recurrent"] = policy.weights["memory.recurrent"] * 0
    forgetful = Policy(
        policy.settings, policy.actions, policy.featurizer, policy.decision_model, weights
    )
    found = evaluate_dialogues(policy, unseen, forgetful).against
    assert found is not None and found.free_running is not None
    assert found.figures["exact"].difference > 0
    assert found.figures["exact"].interval[0] > 0
    assert found.figures["exact"].p_value < 0.05
    assert {one.turn for one in found.fixed} == {3}  # what was ordered, three turns before


def test_policies_that_answer_different_questions_cannot_be_compared() -> None:
    corpus = [Dialogue("a", (Turn("hi", actions=("ask",)),), {"topic": "ask"})]
    labels = NetworkSettings(5, answer="dialogue", label="topic", units=7)
    other = replace(ScoredCorpus.of(UNTRAINED, corpus), policy=random_policy(labels))
    with pytest.raises(PolicyError, match="different questions"):
        compare(ScoredCorpus.of(UNTRAINED, corpus), other)
