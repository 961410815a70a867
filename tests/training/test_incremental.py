"""Trained further, a policy learns what is new and keeps what it knew."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import cueline
from cueline.cli import main
from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CuelineWarning, PolicyError, SettingsError
from cueline.policy import Policy
from cueline.policy.replay_buffer import ReplayBuffer
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.training import callbacks as watching
from cueline.training import checkpoint, model
from tests.policies import random_policy
from tests.training.test_trainer import Killed, contents, kill_after_begin

NETWORK = NetworkSettings(embedding=8, turn_units=12, units=16, dropout=0.0)
TRAINING = TrainingSettings(epochs=30, patience=30, batch=4, learning_rate=0.03, average=0.9)
BRIEF = TrainingSettings(epochs=2, batch=4, learning_rate=0.02)


def dialogues(*kinds: str, count: int = 8) -> list[Dialogue]:
    """The last action depends on the first turn: only a memory can know it."""
    return [
        Dialogue(
            f"{kind}{number}",
            (
                Turn(f"a {kind} please", {"hot": kind != "juice"}, actions=("greet", "ask")),
                Turn("well", {"n": number}, actions=("wait",)),
                Turn("now", actions=(kind,)),
            ),
        )
        for number in range(count)
        for kind in kinds
    ]


OLD, NEW = dialogues("tea", "coffee", "juice"), dialogues("cocoa")


def corpus(folder: Path, some: list[Dialogue], name: str = "new") -> Path:
    write(folder / f"{name}.jsonl", some)
    return folder / f"{name}.jsonl"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("base")
    settings = Settings(network=NETWORK, training=TRAINING)
    return cueline.train(corpus(folder, OLD), folder / "policy", config=settings)


def exact(policy: Policy, some: list[Dialogue]) -> float:
    """Share of the turns decided as they were done."""
    right = []
    for dialogue in some:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(turn, state)
            right.append(set(decision.actions) == set(turn.actions or ()))
    return float(np.mean(right))


def test_a_new_action_is_learned_and_nothing_forgotten(tmp_path: Path, base: Policy) -> None:
    assert exact(base, OLD) == 1.0
    assert exact(base, NEW) < 0.7
    policy = cueline.train(corpus(tmp_path, NEW), tmp_path / "policy", base=base)
    assert policy.actions.names == (*base.actions.names, "cocoa")
    assert (exact(policy, OLD), exact(policy, NEW)) == (1.0, 1.0)
    assert Policy.load(tmp_path / "policy").hash == policy.hash


def test_a_policy_of_many_actions_is_learned_and_trained_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MAX_DIRECT", 10)
    settings = Settings(network=NETWORK, training=TRAINING)
    first = cueline.train(corpus(tmp_path, OLD), tmp_path / "first", config=settings)
    assert first.weights["skip"].shape[1] == model.SKIP_UNITS
    assert exact(first, OLD) == 1.0
    monkeypatch.undo()  # it keeps its form, whatever a new one would have
    policy = cueline.train(corpus(tmp_path, NEW), tmp_path / "policy", base=first)
    assert policy.weights["skip"].shape[1] == model.SKIP_UNITS
    assert (exact(policy, OLD), exact(policy, NEW)) == (1.0, 1.0)
    assert Policy.load(tmp_path / "policy").hash == policy.hash


def test_one_corrected_dialogue_takes_effect(tmp_path: Path, base: Policy) -> None:
    first, middle, last = OLD[0].turns
    corrected = Dialogue("c", (first, Turn("well, well", actions=("close",)), last))
    policy = cueline.train(corpus(tmp_path, [corrected]), tmp_path / "policy", base=base)
    assert exact(policy, [corrected]) == 1.0
    assert exact(policy, OLD) == 1.0


def test_what_was_learned_later_is_rehearsed_too(tmp_path: Path, base: Policy) -> None:
    brief = Settings(network=NETWORK, training=BRIEF)
    policy = cueline.train(corpus(tmp_path, NEW), tmp_path / "one", base=base, config=brief)
    twice = cueline.train(
        corpus(tmp_path, dialogues("water")), tmp_path / "two", base=policy, config=brief
    )
    kept = ReplayBuffer.unpack(twice.replay_buffer)
    assert twice.training["rehearsed"] == len(
        ReplayBuffer.unpack(policy.replay_buffer).learned.lengths
    )
    targets = {twice.actions.names[bit] for bit in kept.learned.targets.flat}
    assert {"tea", "cocoa", "water"} <= targets
    assert sum(kept.counts.values()) == kept.learned.dialogues[-1]
    assert twice.training["lineage"] == [base.hash, policy.hash]


def test_the_old_corpus_given_as_well_is_not_rehearsed_twice(tmp_path: Path, base: Policy) -> None:
    brief = Settings(network=NETWORK, training=BRIEF)
    file = corpus(tmp_path, OLD + NEW)
    policy = cueline.train(file, tmp_path / "policy", base=base, config=brief)
    assert policy.training["rehearsed"] == 0
    kept = ReplayBuffer.unpack(policy.replay_buffer)
    assert sum(kept.counts.values()) == policy.training["turns"]


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_even_if_killed_on_the_way(
    tmp_path: Path, base: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief = Settings(network=NETWORK, training=BRIEF)
    file = corpus(tmp_path, NEW)
    cueline.train(file, tmp_path / "whole", base=base, config=brief, seed=3)

    def kill(self: watching.TrainingLoop, epoch: int, logs: object = None) -> None:
        if epoch == 1:
            raise Killed

    out = tmp_path / "killed"
    with monkeypatch.context() as patch:
        patch.setattr(watching.TrainingLoop, "on_epoch_begin", kill_after_begin(kill))
        with pytest.raises(Killed):
            cueline.train(file, out, base=base, config=brief, seed=3)
    assert checkpoint.path_of(out).exists()
    cueline.train(file, out, base=base, config=brief, seed=3)
    assert contents(out) == contents(tmp_path / "whole")


def test_training_that_makes_it_worse_leaves_it_as_it_was(tmp_path: Path, base: Policy) -> None:
    wild = Settings(network=NETWORK, training=TrainingSettings(epochs=1, learning_rate=3.0))
    policy = cueline.train(corpus(tmp_path, OLD[:3]), tmp_path / "policy", base=base, config=wild)
    assert policy.training["best_epoch"] == 0
    for name, array in base.weights.items():
        np.testing.assert_array_equal(policy.weights[name], array)


def test_nothing_is_kept_where_nothing_is_to_be(tmp_path: Path, base: Policy) -> None:
    none = TrainingSettings(epochs=1, batch=4, rehearsal=0)
    settings = Settings(network=NETWORK, training=none)
    policy = cueline.train(corpus(tmp_path, NEW), tmp_path / "one", base=base, config=settings)
    kept = ReplayBuffer.unpack(policy.replay_buffer)
    assert len(kept.learned.lengths) == len(kept.held_out.lengths) == 0
    again = cueline.train(corpus(tmp_path, NEW), tmp_path / "two", base=policy, config=settings)
    assert again.training["rehearsed"] == 0


def test_the_shape_of_the_network_is_the_bases(tmp_path: Path, base: Policy) -> None:
    base.save(tmp_path / "base")
    file, config = corpus(tmp_path, NEW), tmp_path / "config.toml"
    config.write_text("[network]\nunits = 99\n")
    with pytest.raises(SettingsError, match=r"config.toml: \$.network.units: 99, .*has 16"):
        cueline.train(file, tmp_path / "policy", base=tmp_path / "base", config=config)
    assert not (tmp_path / "policy").exists()


def test_the_command_takes_the_rest_of_the_settings_and_tells_what_was_kept(
    tmp_path: Path, base: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    base.save(tmp_path / "base")
    config = tmp_path / "config.toml"
    config.write_text("[training]\nepochs = 1\n")
    names = ["--out", tmp_path / "policy", "--from", tmp_path / "base", "--config", config]
    with pytest.raises(SystemExit) as done:
        main(["train", str(corpus(tmp_path, NEW)), *map(str, names)])
    assert done.value.code == 0
    assert re.findall(r"(\w+) dialogues: exact", capsys.readouterr().out) == ["old", "new"]
    policy = Policy.load(tmp_path / "policy")
    assert policy.settings.network == NETWORK
    assert (policy.settings.training.epochs, policy.settings.training.batch) == (1, 4)


def test_a_policy_that_was_never_trained_says_so(tmp_path: Path) -> None:
    drawn = random_policy(NetworkSettings(embedding=5, turn_units=128, units=7, decisions="multi"))
    with (
        pytest.warns(CuelineWarning, match="does not know"),
        pytest.raises(PolicyError, match="train it anew"),
    ):
        cueline.train(corpus(tmp_path, NEW), tmp_path / "policy", base=drawn)
