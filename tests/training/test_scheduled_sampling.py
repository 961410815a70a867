"""A network in training meets its own decisions as the previous actions, and nothing else of it."""

from __future__ import annotations

import numpy as np
import pytest

from cueline.dataset import Dataset
from cueline.policy import Policy
from cueline.settings import NetworkSettings, Settings
from cueline.training import scheduled_sampling
from cueline.training.batches import Batches, Grid
from cueline.training.scheduled_sampling import RAMP, SHARE, OwnDecisions, share_after
from cueline.training.sparse_context import SparseContext
from tests.policies import random_policy
from tests.training.test_trainer import dialogues

NOTHING = SparseContext.of([(np.zeros(0, int), np.zeros(0, int), np.zeros(0, np.float32))])
SETTINGS = Settings(network=NetworkSettings(dropout=0.0, word_dropout=0.0, context_dropout=0.0))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return random_policy(SETTINGS.network)


@pytest.fixture(scope="module")
def dataset(policy: Policy) -> Dataset:
    return policy.dataset(dialogues(40))


def batches_of(policy: Policy, dataset: Dataset) -> Batches:
    draws = np.arange(len(dataset.lengths))
    return Batches(dataset, SETTINGS, len(policy.actions), policy.featurizer.width, draws)


def context_of(batches: Batches, number: int) -> np.ndarray:
    """The context of a batch, whatever its layout. *Shape:* (B, T, C)."""
    x, y, _ = batches[number]
    if "context" in x:
        return x["context"]
    rows, steps, _ = y.shape
    counts = np.diff(x["column_starts"], append=len(x["columns"]))
    cells = np.repeat(np.arange(rows * steps), counts)
    context = SparseContext(cells, x["columns"], x["column_values"])
    return context.dense(rows, steps, batches.columns)


def everything(actions: int) -> scheduled_sampling.Decide:
    """A network that always decides for all actions."""
    return lambda some: np.ones((int(some.dialogues[-1]), actions), bool)


def later(batches: Batches) -> None:
    """Go to an epoch after the ramp."""
    batches.begin(RAMP)


def test_its_share_of_turns_shows_what_was_decided_one_turn_before(
    policy: Policy, dataset: Dataset
) -> None:
    actions = len(policy.actions)
    plain, own = batches_of(policy, dataset), batches_of(policy, dataset)
    own.own.renew(everything(actions), 1)
    later(plain)
    later(own)
    shown = after_first = 0
    for number, (_, _, of) in enumerate(own.batches):
        np.testing.assert_array_equal(own[number][1], plain[number][1])
        before, after = context_of(plain, number), context_of(own, number)
        np.testing.assert_array_equal(after[:, :, actions:], before[:, :, actions:])
        np.testing.assert_array_equal(after[:, 0], before[:, 0])
        previous = after[:, :, :actions]
        own_turns = previous.all(axis=2)
        kept = ~own_turns
        np.testing.assert_array_equal(previous[kept], before[:, :, :actions][kept])
        shown += int(own_turns.sum())
        after_first += int((dataset.lengths[of] - 1).sum())
    assert abs(shown / after_first - SHARE) < 4 * np.sqrt(0.25 / after_first)


def test_no_own_decision_is_shown_before_there_is_one(policy: Policy, dataset: Dataset) -> None:
    batches = batches_of(policy, dataset)
    later(batches)
    assert not any(
        context_of(batches, number)[:, :, : len(policy.actions)].all(axis=2).any()
        for number in range(len(batches))
    )


def test_without_own_decisions_the_outputs_may_outnumber_the_columns(
    policy: Policy, dataset: Dataset
) -> None:
    draws, many = np.arange(len(dataset.lengths)), policy.featurizer.width + 1
    network = NetworkSettings(answer="dialogue", label="kind")
    batches = Batches(dataset, Settings(network=network), many, policy.featurizer.width, draws)
    grid = Grid.of(dataset, len(draws), int(dataset.lengths.max()), draws)
    context = batches._with_own(NOTHING, grid, np.random.default_rng(0), SHARE)
    assert not len(context.cells)


def test_a_turn_never_sees_what_is_decided_at_itself(policy: Policy, dataset: Dataset) -> None:
    actions = len(policy.actions)
    decided = np.random.default_rng(0).random((int(dataset.dialogues[-1]), actions)) < 0.5
    batches = batches_of(policy, dataset)
    batches.own.renew(lambda some: decided, 1)
    draws = np.arange(len(dataset.lengths))
    grid = Grid.of(dataset, len(draws), int(dataset.lengths.max()), draws)
    shown = batches._with_own(NOTHING, grid, np.random.default_rng(0), share=1.0)
    context = shown.dense(grid.rows, grid.steps, policy.featurizer.width)
    previous, later_ones = context[grid.row, grid.step, :actions], grid.step > 0
    np.testing.assert_array_equal(previous[later_ones], decided[grid.turns[later_ones] - 1])
    assert not previous[~later_ones].any()


def test_decisions_are_found_by_their_turn(dataset: Dataset, policy: Policy) -> None:
    actions = len(policy.actions)
    own = OwnDecisions(dataset, actions, seed=3)
    decided = np.random.default_rng(0).random((int(dataset.dialogues[-1]), actions)) < 0.5
    own.renew(lambda some: decided, 1)
    turns = np.random.default_rng(1).permutation(len(decided))
    assert own.known(turns).all()
    np.testing.assert_array_equal(own.at(turns), decided[turns])


def test_a_large_space_is_decided_on_a_part_at_a_time(
    dataset: Dataset, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(some: Dataset) -> np.ndarray:
        parts.append(int(some.dialogues[-1]))
        return policy.decision_model.predict(
            policy.logits(some), some.allowed(len(policy.actions))
        ).bits

    found, parts = [], list[int]()
    for numbers in (scheduled_sampling.NUMBERS_AT_ONCE, 10 * len(policy.actions)):
        monkeypatch.setattr(scheduled_sampling, "NUMBERS_AT_ONCE", numbers)
        own = OwnDecisions(dataset, len(policy.actions), seed=0)
        own.renew(decide, 1)
        found.append(own.bits)
    assert parts[0] == sum(parts[1:]) and max(parts[1:]) < 10 + dataset.lengths.max()
    np.testing.assert_array_equal(*found)


def test_of_a_large_corpus_other_dialogues_are_decided_each_time(
    dataset: Dataset, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = int(dataset.dialogues[-1]) // 3
    monkeypatch.setattr(scheduled_sampling, "MAX_TURNS", limit)
    own = OwnDecisions(dataset, len(policy.actions), seed=0)
    seen: list[set[int]] = []
    for epoch in (1, 2, 1):
        own.renew(everything(len(policy.actions)), epoch)
        assert 0 < len(own.turns) <= limit
        assert (np.diff(own.turns) > 0).all()
        seen.append(set(own.turns.tolist()))
    assert seen[0] == seen[2] != seen[1]


def test_the_share_grows_to_its_end() -> None:
    assert share_after(0) == 0
    assert share_after(RAMP // 2) == SHARE / 2
    assert share_after(RAMP) == share_after(10 * RAMP) == SHARE
