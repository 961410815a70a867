"""Training with a rules file: it holds in the loss, and stays with the policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cueline
from cueline.cli import main
from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Turn
from cueline.errors import CuelineError, SettingsError, TrainingError
from cueline.policy import Policy
from cueline.rules.grammar import parse
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.training.batches import Batches
from tests.policies import random_policy
from tests.training.test_trainer import dialogues

RULES = "tea only after wait\ngreet never twice # once is polite\nwait only if n >= 0\n"
SETTINGS = Settings(
    network=NetworkSettings(embedding=8, units=16), training=TrainingSettings(epochs=2, batch=4)
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "corpus.jsonl", dialogues())
    return tmp_path / "corpus.jsonl"


def trained(corpus: Path, rules: str) -> Policy:
    path = corpus.with_name("rules.txt")
    path.write_text(rules)
    return cueline.train(corpus, corpus.with_name("policy"), config=SETTINGS, rules=path)


def test_a_policy_keeps_its_rules_and_says_them(corpus: Path) -> None:
    policy = trained(corpus, RULES)
    corpus.with_name("rules.txt").unlink()
    policy = Policy.load(corpus.with_name("policy"))
    assert [one.text for one in policy.preconditions.all] == [
        "tea only after wait",
        "greet never twice",
        "wait only if n >= 0",
    ]
    decision, state = policy.act(Turn("a tea please", actions=("greet", "ask")), policy.start())
    assert decision.reasons == {"tea": "tea only after wait", "wait": "wait only if n >= 0"}
    decision, _ = policy.act(Turn("now", {"n": 1}), state)
    assert decision.reasons == {"tea": "tea only after wait", "greet": "greet never twice"}


@pytest.mark.slow
def test_the_rules_of_the_settings_and_of_the_command_line_are_the_same(corpus: Path) -> None:
    policy = trained(corpus, RULES)
    config = corpus.with_name("config.toml")
    config.write_text(
        f'rules = "{corpus.with_name("rules.txt")}"\n[network]\nembedding = 8\nunits = 16\n'
        "[training]\nepochs = 2\nbatch = 4\n"
    )
    with pytest.raises(SystemExit) as stopped:
        main(["train", str(corpus), "--out", f"{corpus}.policy", "--config", str(config)])
    assert stopped.value.code == 0
    assert Policy.load(f"{corpus}.policy").hash == policy.hash


@pytest.mark.parametrize(
    ("rules", "error", "told"),
    [
        ("greet never twice\ntea only after cofee\n", SettingsError, "nearest is 'coffee'"),
        ("wait only if m > 0\n", SettingsError, "nearest is 'n'"),
        ("\nwait never twice\n", TrainingError, "at 24 turn(s), first in dialogue 'd0' turn 2"),
    ],
)
def test_rules_that_do_not_fit_the_corpus_are_refused(
    corpus: Path, rules: str, error: type[CuelineError], told: str
) -> None:
    with pytest.raises(error) as refused:
        trained(corpus, rules)
    assert f"rules.txt:{len(rules.splitlines())}: " in str(refused.value)
    assert told in str(refused.value)


def test_labels_of_whole_dialogues_have_no_preconditions(corpus: Path) -> None:
    network = NetworkSettings(answer="dialogue", label="drink")
    corpus.with_name("rules.txt").write_text(RULES)
    settings = Settings(network=network, rules=str(corpus.with_name("rules.txt")))
    with pytest.raises(SettingsError, match="answer"):
        cueline.train(corpus, corpus.with_name("policy"), config=settings)


def test_batches_carry_the_masks_of_their_turns() -> None:
    policy = random_policy(SETTINGS.network)
    rule = parse("book only after find")
    assert rule is not None
    made_of = (
        policy.settings,
        policy.actions,
        policy.featurizer,
        policy.decision_model,
        policy.weights,
    )
    dataset = Policy(*made_of, preconditions=[rule]).dataset(dialogues(5))
    draws = np.arange(len(dataset.lengths))
    batches = Batches(dataset, SETTINGS, len(policy.actions), policy.featurizer.width, draws)
    for number, (_, _, of) in enumerate(batches.batches):
        x, _, weight = batches[number]
        expected = np.ones_like(x["allowed"])
        for row, dialogue in enumerate(of):
            turns = slice(dataset.dialogues[dialogue], dataset.dialogues[dialogue + 1])
            expected[row, : turns.stop - turns.start] = dataset.allowed(len(policy.actions))[turns]
        np.testing.assert_array_equal(x["allowed"], expected)
        assert (expected[weight == 0] == 1).all()
