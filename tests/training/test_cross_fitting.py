"""Each dialogue is judged by a network that knows nothing of it, and training stays repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cueline
from cueline.baselines import Lead
from cueline.corpus.formats.jsonl import write
from cueline.corpus.transforms.story_concatenation import JOINS, PIECES
from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from cueline.policy.fitting import Evidence
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.training.cross_fitting import CrossFitting
from cueline.training.folds import ALL_CROSS_FITTED, NONE_CROSS_FITTED, Folds, fold_counts

NETWORK = NetworkSettings(embedding=8, units=16, dropout=0.0, word_dropout=0.0, context_dropout=0.0)
LONG = TrainingSettings(epochs=30, patience=30, batch=4, learning_rate=0.02, average=0.9)


def by_heart(count: int = 24) -> list[Dialogue]:
    """What is right follows from a word that only this dialogue and its copy have."""
    return [
        Dialogue(
            f"d{number}",
            (Turn(f"name{'abcdefghijklmnopqrstuvwxyz'[number // 2]} hello", actions=("ask",)),)
            + tuple(
                Turn(
                    f"name{'abcdefghijklmnopqrstuvwxyz'[number // 2]} go",
                    actions=(("tea", "coffee", "juice", "water")[number // 2 * 7 % 4],),
                )
                for _ in range(2)
            ),
            {"customer": str(number // 2)},
        )
        for number in range(count)
    ]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Evidence]:
    """What training hands on, as it does."""
    seen: list[Evidence] = []
    whole = CrossFitting.evidence

    def watched(self: CrossFitting, epochs: int) -> Iterator[Evidence]:
        for one in whole(self, epochs):
            seen.append(one)
            yield one

    monkeypatch.setattr(CrossFitting, "evidence", watched)
    return seen


def share_right(evidence: list[Evidence]) -> float:
    return float(np.concatenate([one.at(1.0).right for one in evidence]).mean())


def test_what_was_learned_by_heart_is_not_known_out_of_fold(
    tmp_path: Path, judged: list[Evidence]
) -> None:
    write(tmp_path / "corpus.jsonl", by_heart())
    alone = Settings(network=NETWORK, training=TrainingSettings(**{**KEPT, "group": "customer"}))
    policy = cueline.train(
        tmp_path / "corpus.jsonl",
        tmp_path / "policy",
        valid=tmp_path / "corpus.jsonl",
        config=alone,
    )
    dataset = policy.dataset(by_heart())
    own = Evidence.of(policy.decision_model, policy.logits(dataset), dataset, policy.featurizer)
    assert share_right([own]) > 0.9
    assert sum(len(set(one.dialogue.tolist())) for one in judged) == 24
    assert share_right(judged) < 0.7
    lead = msgspec.convert(policy.training["lead"], Lead)
    assert not lead.is_sure  # though the held-out dialogues, which are the same, are known by heart


KEPT = {name: getattr(LONG, name) for name in LONG.__struct_fields__}


def test_what_it_would_have_to_know_by_heart_a_policy_is_not_sure_of(tmp_path: Path) -> None:
    write(tmp_path / "corpus.jsonl", by_heart())
    settings = Settings(network=NETWORK, training=TrainingSettings(**{**KEPT, "group": "customer"}))
    policy = cueline.train(
        tmp_path / "corpus.jsonl",
        tmp_path / "policy",
        valid=tmp_path / "corpus.jsonl",
        config=settings,
    )
    assert policy.training["cross_fitted_dialogues"] == 24
    for customer in "mnopqrstuvwxyz":
        decision, _ = policy.act(Turn(f"name{customer} go"), policy.start())
        assert not decision.sure


def test_an_interruption_keeps_the_parts_that_were_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "corpus.jsonl", by_heart())
    counted = []
    whole = CrossFitting._of_fold

    def interrupted(self: CrossFitting, *given: object) -> Evidence:
        if len(counted) == 2:
            raise KeyboardInterrupt
        counted.append(whole(self, *given))  # type: ignore[arg-type]
        return counted[-1]

    monkeypatch.setattr(CrossFitting, "_of_fold", interrupted)
    short = Settings(network=NETWORK, training=TrainingSettings(epochs=1, batch=4))
    policy = cueline.train(tmp_path / "corpus.jsonl", tmp_path / "policy", config=short)
    known = sum(len(set(one.dialogue.tolist())) for one in counted)
    assert policy.training["cross_fitted_dialogues"] == known > 0
    assert Policy.load(tmp_path / "policy").hash == policy.hash


names = st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=30, unique=True)


@given(names, st.integers(0, 3))
def test_every_dialogue_is_judged_once_and_kept_out_where_it_is(ids: list[str], seed: int) -> None:
    some = [Dialogue(one, (Turn("x", actions=()),)) for one in ids]
    folds = Folds.of(some, some, seed, None)
    assert folds.scored.tolist() == folds.kept_out.tolist()
    assert (folds.scored.sum(axis=1) == 1).all()
    assert folds.scored.any(axis=0).all()
    again = Folds.of(some[::-1], [], seed, None)
    assert again.scored[::-1].tolist() == folds.scored.tolist()


def test_a_joined_dialogue_is_kept_from_the_networks_that_judge_its_pieces() -> None:
    stories = [
        Dialogue(f"{story} {n}", (Turn("x", actions=()),), {"story": story, JOINS: {}})
        for story in "abcdef"
        for n in range(2)
    ]
    talk = Dialogue("talk", (Turn("x", actions=()),), {PIECES: ["a 0", "d 1"]})
    other = Dialogue("other talk", (Turn("x", actions=()),), {PIECES: ["g 0", "h 1"]})
    folds = Folds.of([*stories, talk], [talk, other], 0, None)
    assert folds.fresh.tolist() == [False, True]  # only of the second nothing is learned
    assert not folds.scored[-1].any()
    assert (folds.kept_out[-1] == folds.scored[0] | folds.scored[7]).all()
    assert (folds.scored[::2][:6] == folds.scored[1::2]).all()  # tellings of one story together


def test_the_larger_the_corpus_the_fewer_are_judged_once_more() -> None:
    many = NONE_CROSS_FITTED
    assert fold_counts(1, 1) == (1, 0)
    assert fold_counts(2, 2) == (2, 2)
    assert fold_counts(many, ALL_CROSS_FITTED) == (5, 5)
    assert fold_counts(many, ALL_CROSS_FITTED + 1) == (3, 1)
    assert fold_counts(4, many) == (1, 0)
    assert fold_counts(4, 300) == (4, 4)  # four kinds, each left out once


def of_sites() -> list[Dialogue]:
    """Each site has words and values of its own, and three services do one and the same."""
    made = []
    for number in range(30):
        site = ("oslo", "rome", "bern")[number % 3]
        turns = tuple(
            Turn(f"{site} {part} please", {"site": site, "step": step}, actions=(action,))
            for step, (part, action) in enumerate((("table", "ask"), ("yes", "book")))
        )
        made.append(Dialogue(f"s{number}", turns, {"site": site, "note": str(number)}))
    return made


def test_kinds_that_are_found_are_left_out_each(tmp_path: Path, judged: list[Evidence]) -> None:
    write(tmp_path / "corpus.jsonl", of_sites())
    short = Settings(network=NETWORK, training=TrainingSettings(epochs=2, batch=4))
    policy = cueline.train(tmp_path / "corpus.jsonl", tmp_path / "policy", config=short)
    assert policy.training["kinds"] == {"by": "meta.site", "count": 3}
    new = [one for one in judged if one.new_kind]
    assert len(new) == 3
    assert all(one.newness[:, 1].tolist() == [1.0] * len(one.newness) for one in new)
    assert policy.training["outlook"]["new_kinds"]["turns"] == sum(len(one.logits) for one in new)
    known = sum(len(set(one.dialogue.tolist())) for one in judged if not one.new_kind)
    assert policy.training["cross_fitted_dialogues"] == known == policy.training["dialogues"]
    decision, _ = policy.act(Turn("paris table please", {"site": "paris"}), policy.start())
    assert (decision.sure, decision.reason) == (False, "unfamiliar")


def test_a_group_says_what_belongs_together(tmp_path: Path, judged: list[Evidence]) -> None:
    write(tmp_path / "corpus.jsonl", of_sites())
    by_site = TrainingSettings(epochs=1, batch=4, group="site")
    config = Settings(network=NETWORK, training=by_site)
    policy = cueline.train(tmp_path / "corpus.jsonl", tmp_path / "policy", config=config)
    assert "kinds" not in policy.training
    assert not any(one.new_kind for one in judged)
