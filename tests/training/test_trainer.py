"""Training: same seed, same bytes; a killed run resumes; nothing is left half-done."""

from __future__ import annotations

from pathlib import Path

import pytest

import cueline
from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CuelineError, TrainingError
from cueline.policy import Policy
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from cueline.training import callbacks as watching
from cueline.training import checkpoint
from tests.policies import contents

SMALL = NetworkSettings(embedding=8, units=16)
SHORT = TrainingSettings(epochs=3, batch=4, learning_rate=0.02)


def dialogues(count: int = 24) -> list[Dialogue]:
    """The last action depends on the first turn: only a memory can know it."""
    made = []
    for number in range(count):
        kind = ("tea", "coffee", "juice")[number % 3]
        middle = [Turn(f"well {n}", {"n": n}, actions=("wait",)) for n in range(2)]
        made.append(
            Dialogue(
                f"d{number}",
                (
                    Turn(f"a {kind} please", actions=("greet", "ask")),
                    *middle,
                    Turn("now", available=("tea", "coffee", "juice"), actions=(kind,)),
                ),
                {"customer": str(number // 2), "drink": kind},
            )
        )
    return made


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    write(path, dialogues())
    return path


@pytest.mark.parametrize("encoder", ["bag", pytest.param("lstm", marks=pytest.mark.slow)])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, corpus: Path, encoder: str) -> None:
    network = NetworkSettings(embedding=8, units=16, encoder_units=8, encoder=encoder)  # type: ignore[arg-type]
    settings = Settings(network=network, training=SHORT)
    cueline.train(corpus, tmp_path / "one", config=settings, seed=5)
    in_memory = cueline.train(dialogues(), config=settings, seed=5)
    in_memory.save(tmp_path / "two")
    cueline.train(corpus, tmp_path / "other", config=settings, seed=6)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") != contents(tmp_path / "other")


def test_a_memory_learns_what_silos_cannot(tmp_path: Path, corpus: Path) -> None:
    training = TrainingSettings(epochs=40, patience=40, batch=4, learning_rate=0.01, average=0.9)
    exact = {}
    for memory in ("lstm", "gru", "none"):
        settings = Settings(
            network=NetworkSettings(
                embedding=8, units=16, memory=memory, dropout=0, word_dropout=0, context_dropout=0
            ),
            training=training,
        )
        policy = cueline.train(corpus, tmp_path / memory, valid=corpus, config=settings)
        exact[memory] = policy.training["held_out"]["exact"]
    assert exact["lstm"] == exact["gru"] == 1.0
    assert exact["none"] < 0.9


@pytest.mark.parametrize("memory", ["lstm", "none"])
def test_a_label_for_a_whole_dialogue(tmp_path: Path, corpus: Path, memory: str) -> None:
    network = NetworkSettings(
        embedding=8,
        units=16,
        answer="dialogue",
        label="drink",
        memory=memory,  # type: ignore[arg-type]
    )
    training = TrainingSettings(epochs=30, batch=4, learning_rate=0.02)
    policy = cueline.train(
        corpus,
        tmp_path / "policy",
        valid=corpus,
        config=Settings(network=network, training=training),
    )
    assert policy.actions.names == ("coffee", "juice", "tea")
    assert policy.decision_model.single_action
    assert policy.training["held_out"]["exact"] == (
        1.0 if memory == "lstm" else pytest.approx(0.33, abs=0.7)
    )


class Killed(BaseException):
    """Like a kill: nothing handles it."""


def test_a_killed_run_resumes_to_the_same_bytes(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(network=SMALL, training=SHORT)
    whole = cueline.train(corpus, tmp_path / "whole", config=settings)

    def kill(self: watching.TrainingLoop, epoch: int, logs: object = None) -> None:
        if epoch == 2:
            raise Killed

    out = tmp_path / "killed"
    with monkeypatch.context() as patch:
        patch.setattr(watching.TrainingLoop, "on_epoch_begin", kill_after_begin(kill))
        with pytest.raises(Killed):
            cueline.train(corpus, out, config=settings)
    assert checkpoint.path_of(out).exists()
    assert not out.exists()
    resumed = cueline.train(corpus, out, config=settings)
    assert resumed.hash == whole.hash
    known = resumed.training
    assert {len(curve) for curve in known["history"].values()} == {known["epochs"]}
    best = known["history"]["exact"][known["best_epoch"] - 1]
    assert best == round(known["held_out"]["exact"], 4)
    assert not checkpoint.path_of(out).exists()


def kill_after_begin(kill: object) -> object:
    begin = watching.TrainingLoop.on_epoch_begin

    def both(self: watching.TrainingLoop, epoch: int, logs: object = None) -> None:
        begin(self, epoch, logs)
        kill(self, epoch)  # type: ignore[operator]

    return both


def test_ctrl_c_keeps_the_best_so_far(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(self: watching.TrainingLoop, epoch: int, logs: object = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(watching.TrainingLoop, "on_epoch_begin", kill_after_begin(press))
    policy = cueline.train(
        corpus, tmp_path / "policy", config=Settings(network=SMALL, training=SHORT)
    )
    assert policy.training["epochs"] == 1
    assert Policy.load(tmp_path / "policy").hash == policy.hash


def test_a_loss_that_is_no_number_stops_with_the_reason(tmp_path: Path, corpus: Path) -> None:
    settings = Settings(network=SMALL, training=TrainingSettings(learning_rate=1e30, clip=1e30))
    with pytest.raises(TrainingError, match="loss is (nan|inf) after epoch .*learning_rate"):
        cueline.train(corpus, tmp_path / "policy", config=settings)
    assert not (tmp_path / "policy").exists()


def test_held_out_dialogues_are_not_parted_from_their_group(tmp_path: Path, corpus: Path) -> None:
    training = TrainingSettings(epochs=1, group="customer", held_out=0.25)
    policy = cueline.train(
        corpus, tmp_path / "policy", config=Settings(network=SMALL, training=training)
    )
    assert policy.training["held_out_dialogues"] == 6


def test_word_vectors_from_a_file_begin_the_embedding(tmp_path: Path, corpus: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("tea 1 0 0\ncoffee 0 1 0\nzebra 9 9 9\n")
    settings = Settings(
        network=SMALL,
        features=FeatureSettings(vectors=str(vectors)),
        training=TrainingSettings(epochs=1, learning_rate=1e-9),
    )
    policy = cueline.train(corpus, tmp_path / "policy", config=settings)
    words = policy.featurizer.vocabulary.index
    assert policy.settings.network.embedding == 3
    assert policy.weights["embedding"][words["coffee"]] == pytest.approx([0, 1, 0], abs=1e-3)


def test_actions_only_seen_in_validation_are_wrong_and_no_crash(
    tmp_path: Path, corpus: Path
) -> None:
    other = tmp_path / "valid.jsonl"
    write(other, [Dialogue("v", (Turn("a tea please", actions=("dance",)),))])
    policy = cueline.train(
        corpus, tmp_path / "policy", valid=other, config=Settings(network=SMALL, training=SHORT)
    )
    assert "dance" not in policy.actions
    assert policy.training["held_out"]["exact"] == 0.0


@pytest.mark.slow
def test_a_very_long_dialogue_trains_and_acts(tmp_path: Path) -> None:
    turns = tuple(Turn(f"turn {n}", actions=("odd" if n % 2 else "even",)) for n in range(10_000))
    corpus = [*dialogues(6), Dialogue("long", turns)]
    path = tmp_path / "corpus.jsonl"
    write(path, corpus)
    policy = cueline.train(
        path,
        tmp_path / "policy",
        valid=path,
        config=Settings(network=SMALL, training=TrainingSettings(epochs=1)),
    )
    state = policy.start()
    for turn in turns[:100]:
        _, state = policy.act(turn, state)
    assert state.turn == 100


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            [Dialogue("d", (Turn("hi", actions=("a",)), Turn("you", actions=("b",))))],
            "at least two",
        ),
        ([Dialogue(n, (Turn("hi", actions=("a",)),)) for n in "abcdef"], "nothing to learn"),
    ],
)
def test_a_corpus_that_cannot_be_learned_from_says_why(
    tmp_path: Path, made: list[Dialogue], message: str
) -> None:
    path = tmp_path / "corpus.jsonl"
    write(path, made)
    with pytest.raises(CuelineError, match=message):
        cueline.train(path, tmp_path / "policy")
    assert {entry.name for entry in tmp_path.iterdir()} == {"corpus.jsonl"}
