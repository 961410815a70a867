"""Baselines: fitted once, carried in the policy's folder, and as bound by masks as the policy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline import baselines
from cueline.baselines import DecisionArrays
from cueline.baselines.fitting import due
from cueline.dataset.dataset import Dataset
from cueline.dataset.target_bits import set_counts, target_bits
from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.initial import initial_decision_model
from cueline.settings import NetworkSettings
from tests.policies import ACTIONS, action_sets, dialogues, random_policy, turns

POLICY = random_policy(NetworkSettings(5, units=7))
corpora = st.lists(dialogues, min_size=1, max_size=5)


def fitted(corpus: list[Dialogue]) -> tuple[Dataset, DecisionModel, baselines.fitting.Arrays]:
    dataset = POLICY.dataset(corpus)
    decision_model = initial_decision_model(set_counts(dataset), False, len(ACTIONS), "multi")
    return (
        dataset,
        decision_model,
        baselines.fit(dataset, dataset, POLICY.featurizer, decision_model),
    )


def decided(corpus: list[Dialogue], asked: list[Dialogue]) -> dict[str, DecisionArrays]:
    _, decision_model, arrays = fitted(corpus)
    return baselines.decide(arrays, POLICY.dataset(asked), POLICY.featurizer, decision_model)


def right(decided: DecisionArrays, dataset: Dataset) -> float:
    return float((decided.bits == target_bits(dataset, len(ACTIONS))).all(axis=1).mean())


@given(corpora, corpora)
@settings(max_examples=20)
def test_a_disallowed_action_never_comes_out(corpus: list[Dialogue], asked: list[Dialogue]) -> None:
    allowed = POLICY.dataset(asked).allowed(len(ACTIONS))
    found = decided(corpus, asked)
    assert tuple(found) == baselines.NAMES
    for bits, confidence, top in found.values():
        assert bits.shape == allowed.shape
        assert not (bits & ~allowed).any()
        assert ((confidence >= 0) & (confidence <= 1)).all()
        known = top >= 0
        assert allowed[known, top[known]].all()


@given(corpora)
@settings(max_examples=20)
def test_the_majority_is_the_set_done_most_often(corpus: list[Dialogue]) -> None:
    open_ = [
        Dialogue(d.id, tuple(Turn(t.user, t.features, actions=t.actions) for t in d.turns))
        for d in corpus
    ]
    counts = Counter(frozenset(turn.actions or ()) for d in open_ for turn in d.turns)
    majority = decided(open_, open_)["majority"]
    names = {frozenset(POLICY.actions.named(bits)) for bits in majority.bits}
    assert len(names) == 1
    assert counts[names.pop()] == max(counts.values())
    share = max(counts.values()) / counts.total()
    np.testing.assert_allclose(majority.confidence, share, atol=1e-3)


@given(corpora)
@settings(max_examples=20)
def test_what_was_learned_by_heart_is_known_better_than_by_the_other_tables(
    corpus: list[Dialogue],
) -> None:
    open_ = [
        Dialogue(d.id, tuple(Turn(t.user, t.features, actions=t.actions) for t in d.turns))
        for d in corpus
    ]
    dataset, found = POLICY.dataset(open_), decided(open_, open_)
    scores = {name: right(one, dataset) for name, one in found.items()}
    assert scores["memory"] >= max(scores["ngram"], scores["linear"], scores["majority"])
    assert scores["ngram"] >= scores["majority"]


def test_the_ngram_knows_what_was_done_three_turns_ago_and_no_more() -> None:
    def dialogue(kind: str, gap: int) -> Dialogue:
        middle = [Turn("a", actions=("find",))] * gap
        return Dialogue(kind, (Turn("a", actions=(kind,)), *middle, Turn("no", actions=(kind,))))

    for gap, known in ((2, 1.0), (3, 0.5)):
        corpus = [dialogue("ask", gap), dialogue("book", gap)]
        last = np.cumsum([gap + 2, gap + 2]) - 1
        dataset, found = POLICY.dataset(corpus), decided(corpus, corpus)
        targets = target_bits(dataset, len(ACTIONS))[last]
        assert (found["ngram"].bits[last] == targets).all(axis=1).mean() == known
        assert (found["memory"].bits[last] == targets).all(axis=1).mean() == 1.0 or gap == 3


@given(st.lists(st.tuples(turns, action_sets), min_size=1, max_size=6))
@settings(max_examples=20)
def test_answers_for_whole_dialogues_are_as_many_as_dialogues(
    pairs: list[tuple[Turn, tuple[str, ...]]],
) -> None:
    network = NetworkSettings(5, answer="dialogue", label="topics", units=7)
    policy = random_policy(network)
    corpus = [
        Dialogue(str(number), (turn,) * (number + 1), {"topics": list(topics)})
        for number, (turn, topics) in enumerate(pairs)
    ]
    dataset = policy.dataset(corpus)
    assert due(dataset).tolist() == (np.cumsum(range(1, len(corpus) + 1)) - 1).tolist()
    assert due(POLICY.dataset(corpus)).tolist() == list(range(int(dataset.dialogues[-1])))
    decision_model = initial_decision_model(set_counts(dataset), False, len(ACTIONS), "multi")
    arrays = baselines.fit(dataset, dataset, policy.featurizer, decision_model)
    for one in baselines.decide(arrays, dataset, policy.featurizer, decision_model).values():
        assert one.bits.shape == (len(corpus), len(ACTIONS))


@given(corpora)
@settings(max_examples=10)
def test_they_come_back_from_the_policys_folder_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Dialogue]
) -> None:
    folder: Path = tmp_path_factory.mktemp("policies") / "policy"
    _, decision_model, arrays = fitted(corpus)
    _, _, again = fitted(corpus)
    parts = POLICY.settings, POLICY.actions, POLICY.featurizer, decision_model, POLICY.weights
    Policy(*parts, baselines=arrays).save(folder)
    loaded = Policy.load(folder)
    assert loaded.baselines.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded.baselines[name].dtype == array.dtype
        assert loaded.baselines[name].tobytes() == array.tobytes() == again[name].tobytes()
    assert loaded.hash == Policy(*parts, baselines=again).hash != Policy(*parts).hash


def test_of_a_large_corpus_they_are_fitted_to_dialogues_drawn_by_the_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [
        Turn(word, actions=(name,)) for word, name in zip(("a", "no"), ACTIONS[:2], strict=True)
    ]
    corpus = [Dialogue(str(n), (said[n % 2],) * 3) for n in range(40)]
    dataset = POLICY.dataset(corpus)
    decision_model = initial_decision_model(set_counts(dataset), False, len(ACTIONS), "multi")
    monkeypatch.setattr(baselines.fitting, "MAX_TURNS", 20)
    drawn = [
        baselines.fit(dataset, dataset, POLICY.featurizer, decision_model, seed=seed)["seen.counts"]
        for seed in (0, 0, 1)
    ]
    assert [counts.sum() for counts in drawn] == [18, 18, 18]
    assert (drawn[0] == drawn[1]).all()
