"""The report: what it holds, and that it says what the policy does."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import narwhals
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.baselines import Lead
from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.evaluation import Report, evaluate, evaluate_dialogues
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.policies import ACTIONS, dialogues, networks, random_policy

FIGURES = {
    "exact",
    "dialogue_accuracy",
    "micro_f1",
    "macro_f1",
    "weighted_f1",
    "accuracy",
    "ece",
    "coverage_at_risk",
    "intervals",
}


@pytest.fixture(scope="module")
def report(policy: Policy, unseen: list[Dialogue]) -> Report:
    return evaluate_dialogues(policy, unseen)


def test_its_json_holds_every_figure_for_the_policy_and_each_baseline(report: Report) -> None:
    found = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert FIGURES | {"turns", "dialogues", "baselines", "failures", "actions"} <= found.keys()
    assert list(found["baselines"]) == ["majority", "ngram", "linear", "memory"]
    assert all(baseline.keys() == FIGURES for baseline in found["baselines"].values())
    assert list(found["coverage_at_risk"]) == ["0.01", "0.02", "0.05", "0.10"]
    for figures in (found, *found["baselines"].values()):
        for name, (low, high) in figures["intervals"].items():
            assert 0 <= low <= high <= 1
            assert 0 <= figures[name] <= 1


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_its_data_frame_has_the_figures_of_each_decider(report: Report, backend: str) -> None:
    frame = narwhals.from_native(report.to_frame(backend))
    rows = {row["name"]: row for row in frame.iter_rows(named=True)}
    deciders = {"policy": report, "free running": report.free_running, **report.baselines}
    assert list(rows) == list(deciders)
    for name, figures in deciders.items():
        assert figures is not None
        assert rows[name]["exact"] == figures.exact
        assert rows[name]["ece"] == figures.ece
        assert rows[name]["answered at 5% risk"] == figures.coverage_at_risk["0.05"]


def test_what_one_types_shows_its_figures(report: Report) -> None:
    assert f"{report.exact:.3f} exact" in repr(report)
    page = report._repr_html_()
    assert page.startswith("<pre>")
    for words in ("right turns", f"{report.exact:.3f}", "ngram", "micro F1"):
        assert words in page


@given(networks, st.lists(dialogues, min_size=1, max_size=3))
def test_it_counts_what_acting_turn_by_turn_decides(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network)
    failures = []
    right = 0
    for dialogue in corpus:
        state, wrong = policy.start(), []
        for number, turn in enumerate(dialogue.turns):
            decision, state = policy.act(turn, state)
            if set(decision.actions) != set(turn.actions or ()):
                wrong.append((dialogue.id, number, decision.actions))
        right += len(dialogue.turns) - len(wrong)
        failures += wrong[:1]
    report = evaluate_dialogues(policy, corpus)
    assert report.turns == sum(len(dialogue.turns) for dialogue in corpus)
    assert report.exact == pytest.approx(right / report.turns)
    assert [(one.dialogue, one.turn, one.decided) for one in report.failures] == failures
    assert report.dialogue_accuracy == pytest.approx(1 - len(failures) / len(corpus))
    assert report.baselines == {}  # this policy was never trained


def test_a_target_never_seen_counts_as_wrong(policy: Policy, unseen: list[Dialogue]) -> None:
    known = [Dialogue(d.id, tuple(t for t in d.turns if t.actions != ("wave",))) for d in unseen]
    report, without = evaluate_dialogues(policy, unseen), evaluate_dialogues(policy, known)
    assert report.out_of_space_turns == 1
    assert report.turns == without.turns + 1
    for figures, better in (
        (report, without),
        *zip(report.baselines.values(), without.baselines.values(), strict=True),
    ):
        # The answers before it are the same: one more is wrong.
        assert figures.exact * report.turns == pytest.approx(better.exact * without.turns)
        assert figures.micro_f1 < better.micro_f1
        assert figures.macro_f1 < better.macro_f1
    assert report.actions["wave"].out_of_space
    assert report.actions["wave"].recall == 0
    assert "wave" not in policy.actions


def test_the_first_wrong_turn_says_what_was_expected(
    report: Report, unseen: list[Dialogue]
) -> None:
    by_id = {dialogue.id: dialogue for dialogue in unseen}
    assert report.failures
    for failure in report.failures:
        turn = by_id[failure.dialogue].turns[failure.turn]
        assert set(failure.expected) == set(turn.actions or ())
        assert set(failure.expected) != set(failure.decided)
        assert failure.user == turn.user
    assert len(report.failures) == round((1 - report.dialogue_accuracy) * len(unseen))


def test_counts_of_the_actions_add_up(report: Report, unseen: list[Dialogue]) -> None:
    targets = sum(len(set(turn.actions or ())) for d in unseen for turn in d.turns)
    assert sum(one.targets for one in report.actions.values()) == targets
    hits = sum(one.hits for one in report.actions.values())
    decided = sum(one.decided for one in report.actions.values())
    assert report.micro_f1 == pytest.approx(2 * hits / (targets + decided))


def test_a_corpus_is_read_from_files_in_any_number(
    policy: Policy, unseen: list[Dialogue], tmp_path: Path
) -> None:
    write(tmp_path / "a.jsonl", unseen[:10])
    write(tmp_path / "b.jsonl", unseen[10:])
    both = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    assert evaluate(policy, both) == evaluate(policy, tmp_path)
    assert evaluate(policy, str(tmp_path / "a.jsonl")).dialogues == 10
    with pytest.raises(CorpusError, match="missing"):
        evaluate(policy, tmp_path / "missing.jsonl")


def test_a_loaded_policy_is_judged_alike(
    policy: Policy, unseen: list[Dialogue], tmp_path: Path
) -> None:
    policy.save(tmp_path / "policy")
    assert evaluate_dialogues(Policy.load(tmp_path / "policy"), unseen) == evaluate_dialogues(
        policy, unseen
    )


@given(st.lists(dialogues, min_size=1, max_size=4), st.data())
def test_a_label_for_a_whole_dialogue_is_one_answer(
    corpus: list[Dialogue], data: st.DataObject
) -> None:
    policy = random_policy(NetworkSettings(5, answer="dialogue", label="topic", units=7))
    topics = [data.draw(st.sampled_from([*ACTIONS, "strange"])) for _ in corpus]
    corpus = [replace(d, meta={"topic": t}) for d, t in zip(corpus, topics, strict=True)]
    report = evaluate_dialogues(policy, corpus)
    assert report.turns == report.dialogues == len(corpus)
    assert report.exact == report.dialogue_accuracy
    assert report.out_of_space_turns == topics.count("strange")
    assert {name for name, one in report.actions.items() if one.targets} == set(topics)
    lasts = [len(dialogue.turns) - 1 for dialogue in corpus]
    assert {failure.turn for failure in report.failures} <= set(lasts)


def test_training_and_the_report_say_that_memory_pays(policy: Policy, report: Report) -> None:
    assert report.lead is not None
    for lead in (report.lead, msgspec.convert(policy.training["lead"], Lead)):
        best = max(report.baselines.values(), key=lambda figures: figures.exact)
        assert report.baselines[lead.over].exact == best.exact
        assert lead.is_sure
    assert np.isclose(report.lead.exact, report.exact - best.exact)


def test_what_the_policy_has_over_a_model_of_single_turns_is_its_memory(report: Report) -> None:
    assert report.exact > report.baselines["linear"].exact
    assert report.baselines["linear"].exact > report.baselines["majority"].exact
    low, high = report.intervals["exact"]
    assert low <= report.exact <= high
    assert np.isclose(report.actions["note"].f1, 1)
