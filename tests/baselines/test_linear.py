"""The linear baseline: as good as scikit-learn's, within a bounded size."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from cueline.baselines import linear
from cueline.baselines.linear import Inputs, Linear
from cueline.dataset import Ragged
from cueline.dataset.target_bits import TargetBits
from cueline.dialogue import Dialogue
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.fitting import Evidence, tuned_temperature
from cueline.policy.scoring import score
from cueline.settings import NetworkSettings
from tests.policies import dialogues, random_policy

COLUMNS, ACTIONS = 40, 5
RULES = {
    "single": DecisionModel(SetDistribution.single_action(ACTIONS)),
    "multi": DecisionModel(SetDistribution.independent(ACTIONS)),
}


def drawn(
    decisions: Literal["single", "multi"], rows: int, seed: int
) -> tuple[Inputs, TargetBits, np.ndarray]:
    """Sparse inputs, and actions that follow from them, though not always. And `x`, dense."""
    rng = np.random.default_rng(seed)
    model = np.random.default_rng(0).normal(0, 2, (COLUMNS, ACTIONS))
    x = (rng.random((rows, COLUMNS)) < 0.1) * rng.choice([0.5, 1, 2], (rows, COLUMNS))
    noisy = x @ model + rng.gumbel(size=(rows, ACTIONS))
    if decisions == "single":
        bits = np.arange(ACTIONS) == noisy.argmax(axis=1)[:, None]
    else:
        bits = noisy - rng.gumbel(size=noisy.shape) > 0.5  # the difference is logistic
    row, column = np.nonzero(x)
    columns = Ragged(column, np.searchsorted(row, np.arange(rows + 1)))
    targets = TargetBits(bits, np.ones_like(bits), np.zeros(rows, bool))
    return Inputs(columns, x[row, column].astype(np.float32)), targets, x


@pytest.mark.parametrize("decisions", ["single", "multi"])
def test_it_is_as_good_as_scikit_learns(decisions: Literal["single", "multi"]) -> None:
    decision_model = RULES[decisions]
    inputs, targets, x = drawn(decisions, 4000, seed=1)
    judge, scored, _ = drawn(decisions, 500, seed=2)
    test, tested, z = drawn(decisions, 2000, seed=3)
    model = Linear.fit(inputs, targets, decision_model, judge, scored)
    ours = score(decision_model, model.logits(test), tested)
    if decisions == "single":
        oracle = LogisticRegression(C=1.0, max_iter=1000).fit(x, targets.bits.argmax(axis=1))
        logits = oracle.predict_log_proba(z)
    else:
        oracle = OneVsRestClassifier(LogisticRegression(C=1.0, max_iter=1000)).fit(x, targets.bits)
        logits = oracle.decision_function(z)
    theirs = score(decision_model, logits.astype(np.float32), tested)
    assert ours.exact > theirs.exact - 0.02
    assert ours.gain > theirs.gain - 0.1


def test_it_learns_which_actions_go_together() -> None:
    inputs, targets, _ = drawn("multi", 2000, seed=1)
    bits = targets.bits[:, [0, 0, 0, 1, 1]]
    targets = targets._replace(bits=bits)
    sets = Counter(tuple(np.flatnonzero(row).tolist()) for row in bits)
    together = DecisionModel(SetDistribution.of(sets, np.zeros(ACTIONS, np.float32)))
    first, second = (
        score(
            decision_model,
            Linear.fit(inputs, targets, decision_model, inputs, targets).logits(inputs),
            targets,
        )
        for decision_model in (together, RULES["multi"])
    )
    assert first.gain > second.gain + 0.1


def test_logits_are_inputs_times_weights() -> None:
    inputs, _, x = drawn("multi", 600, seed=1)
    rng = np.random.default_rng(0)
    columns = np.sort(rng.permutation(COLUMNS)[:25])
    kernel = rng.normal(size=(25, ACTIONS)).astype(np.float16)
    model = Linear(columns.astype(np.int32), kernel, rng.normal(size=ACTIONS).astype(np.float32))
    expected = x[:, columns] @ kernel.astype(np.float64) + model.bias
    np.testing.assert_allclose(model.logits(inputs), expected, atol=1e-4)


def test_the_most_frequent_columns_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "MAX_WEIGHTS", 10 * ACTIONS)
    inputs, targets, x = drawn("multi", 300, seed=1)
    model = Linear.fit(inputs, targets, RULES["multi"], inputs, targets)
    counts = (x != 0).sum(axis=0)
    assert model.kernel.shape == (10, ACTIONS)
    assert counts[model.columns].min() >= np.delete(counts, model.columns).max()


def test_an_action_not_allowed_is_not_learned_from() -> None:
    inputs, targets, _ = drawn("multi", 300, seed=1)
    allowed = targets.allowed.copy()
    allowed[:150, 0] = False
    other = targets.bits.copy()
    other[:150, 0] ^= True
    first, second = (
        Linear.fit(
            inputs, TargetBits(bits, allowed, targets.out_of_space), RULES["multi"], inputs, targets
        )
        for bits in (targets.bits, other)
    )
    assert np.array_equal(first.logits(inputs), second.logits(inputs))


def test_the_best_pass_is_kept_and_comes_calibrated() -> None:
    inputs, targets, _ = drawn("multi", 60, seed=1)  # so few that later passes only learn by heart
    judge, scored, _ = drawn("multi", 500, seed=2)
    decision_model = RULES["multi"]
    training = linear._Training(inputs, targets, decision_model, COLUMNS)
    exact = []
    for number in range(linear.MAX_PASSES):
        training.run(np.random.default_rng(number).permutation(60))
        exact.append(
            score(decision_model, training.model(np.arange(COLUMNS)).logits(judge), scored).exact
        )
    model = Linear.fit(inputs, targets, decision_model, judge, scored)
    assert exact[-1] < max(exact)
    assert score(decision_model, model.logits(judge), scored).exact == pytest.approx(
        max(exact), abs=0.003
    )
    answers = np.arange(500)
    fitted = tuned_temperature(
        [Evidence(decision_model, model.logits(judge), scored, np.zeros((500, 2)), answers)]
    )
    assert model.decision_model(decision_model).temperature == pytest.approx(fitted, abs=1e-4)


@given(st.lists(dialogues, min_size=1, max_size=3))
def test_inputs_are_a_turns_words_once_each_and_its_context(corpus: list[Dialogue]) -> None:
    policy = random_policy(NetworkSettings(5, units=7))
    featurizer, words = policy.featurizer, len(policy.featurizer.vocabulary)
    dataset = policy.dataset(corpus)
    inputs = Inputs.of(dataset, np.arange(len(dataset.targets)), words)
    row = 0
    for dialogue in corpus:
        previous: list[int] = []
        for turn in dialogue.turns:
            vector = featurizer.turn(turn, previous)
            said = sorted(set(vector.words))
            expected = {word: 1 / np.sqrt(len(said)) for word in said}
            expected |= {words + c: v for c, v in zip(vector.columns, vector.values, strict=True)}
            columns = inputs.columns[row].tolist()
            assert columns == [*said, *(words + column for column in vector.columns)]
            values = inputs.values[inputs.columns.starts[row] : inputs.columns.starts[row + 1]]
            np.testing.assert_allclose(
                values, [expected[c] for c in columns], rtol=1e-6, atol=1e-30
            )
            previous = policy.actions.ids(turn.actions or ())
            row += 1
