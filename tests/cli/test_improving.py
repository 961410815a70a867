"""`cueline improve`: from what a service has kept to a policy that is let in, or is not."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from cueline.cli import improving
from cueline.cli.improving import HELD_OUT
from cueline.cli.running_service import RunningService
from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CuelineError
from cueline.policy import Policy
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.events import Corrected
from cueline.server.schemas import StepRequest
from cueline.server.stores.open import open_store
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from cueline.training.trainer import fit_policy
from tests.cli.commands import run
from tests.policies import contents
from tests.server.serving import Served

SETTINGS = Settings(
    features=FeatureSettings(min_count=1),
    network=NetworkSettings(embedding=8, units=12, dropout=0.2, word_dropout=0.1),
    training=TrainingSettings(epochs=10, patience=10, batch=8, learning_rate=0.02),
)


def ordering(number: int, drink: str) -> Dialogue:
    turns = (
        Turn(f"a {drink} please", actions=("note",)),
        Turn(f"well {'abc'[number % 3]}", actions=("wait",)),
        Turn("now", actions=(f"bring_{drink}",)),
    )
    return Dialogue(f"{drink}-{number}", turns)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """It has never heard of juice."""
    known = [ordering(number, ("tea", "coffee")[number % 2]) for number in range(60)]
    out = tmp_path_factory.mktemp("improving") / "policy"
    return fit_policy(known[:48], known[48:], SETTINGS, out)


@pytest.fixture
def place(trained: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the policy serves."""
    trained.save(tmp_path / "policy")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def live(policy: Policy, count: int) -> None:
    """A store with dialogues about juice; what was decided of it is corrected."""

    async def serve() -> None:
        sessions = Sessions(await open_store("sqlite:cueline.db"), Policies(policy))
        for number in range(count):
            dialogue = await sessions.open()
            for place, turn in enumerate(ordering(number, "juice").turns):
                await sessions.step(dialogue, StepRequest(user=turn.user))
                await sessions.correct(dialogue, Corrected(0.0, place, turn.actions or ()))
        await sessions.store.close()

    asyncio.run(serve())


def test_what_was_learned_is_let_in_and_the_old_policy_kept(
    place: Path, trained: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    live(trained, 30)
    before = contents(place / "policy")
    assert run("improve", "policy", "--seed", 1) == 0
    assert "is the new policy" in capsys.readouterr().out
    assert contents(place / "policy-old") == before
    assert sorted(path.name for path in place.iterdir() if path.is_dir()) == [
        "policy",
        "policy-old",
    ]
    better = Policy.load("policy")
    assert better.training["lineage"] == [trained.hash]
    state = better.start()
    for turn in ordering(1, "juice").turns:
        decision, state = better.act(turn, state)
    assert decision.actions == ("bring_juice",)


def test_what_does_not_pass_the_gate_stands_beside_and_changes_nothing(
    place: Path, trained: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    live(trained, 20)
    jsonl.write(place / "test.jsonl", [ordering(number, "tea") for number in range(5)])
    before = contents(place / "policy")
    gates = ("--test", "test.jsonl", "--gate", "exact>1", "--gate", "exact>=0")
    assert run("improve", "policy", *gates) == 1
    said = capsys.readouterr().out
    assert "gate failed: exact>1" in said
    assert "stays as it is" in said
    assert contents(place / "policy") == before
    assert not (place / "policy-old").exists()
    assert "bring_juice" in Policy.load("policy-new").actions


def test_a_running_service_uses_it_and_may_refuse_it(
    place: Path, trained: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonl.write(place / "test.jsonl", [ordering(number, "juice") for number in range(5)])
    live(trained, 20)
    (place / "shut.toml").write_text(
        '[gate]\ncorpus = "test.jsonl"\nexact = 1.0\nagreement = 1.0\n'
    )
    before = contents(place / "policy")
    with Served(place / "policy", place / "log", policies=place, config="shut.toml") as server:
        assert run("improve", "policy", "--service", server.url) == 1
        assert "the gate is shut" in capsys.readouterr().out
        assert contents(place / "policy") == before
    with Served(place / "policy", place / "log", policies=place) as server:
        assert run("improve", "policy", "--service", server.url) == 0
        with urlopen(f"{server.url}/v1/policies") as answer:
            assert (
                json.loads(answer.read())["current"] == Policy.load("policy").hash != trained.hash
            )


def test_a_service_that_cannot_load_it_says_so(place: Path) -> None:
    refused = pytest.raises(CuelineError, match="no policy 'policy-new' in the folder of policies")
    with Served(place / "policy", place / "log", store="memory:") as server, refused:
        RunningService(server.url).use("policy-new")
    for address in (server.url, "nowhere"):
        with pytest.raises(CuelineError, match=f"--service {address}"):
            RunningService(address).use("policy-new")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "policy.json: no such file"),
        (("policy", "--store", "sqlite:missing.db"), "missing.db"),
        (("policy", "--gate", "exact"), "is no condition"),
        (("policy", "--test", "missing.jsonl"), "missing.jsonl: no such file"),
        (("policy",), "too few dialogues"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_learned(
    place: Path,
    trained: Policy,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    live(trained, 1)
    assert run("improve", *arguments) == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert "\n" not in said
    assert not (place / "policy-new").exists()


def test_without_dialogues_there_is_nothing_to_do(place: Path, trained: Policy) -> None:
    live(trained, 0)
    assert run("improve", "policy") == 0
    assert not (place / "policy-old").exists()


def test_a_dialogue_is_on_the_same_side_in_every_round(tmp_path: Path) -> None:
    def sides(count: int) -> tuple[set[str], set[str]]:
        collected = tmp_path / "collected.jsonl"
        jsonl.write(collected, [ordering(number, "tea") for number in range(count)])
        learned, held_out = improving._parted(collected, "memory:")
        first, (second,) = learned, held_out
        one, other = ({each.id for each in jsonl.read(path)} for path in (first, second))
        assert not one & other
        assert len(one | other) == count
        return one, other

    few, many = sides(100), sides(400)
    assert few[0] <= many[0]
    assert few[1] <= many[1]
    assert len(many[1]) == pytest.approx(400 * HELD_OUT, rel=0.25)


@pytest.mark.slow
def test_however_it_is_stopped_the_policy_is_whole(place: Path, trained: Policy) -> None:
    """Killed, or stopped by Ctrl-C twice, at whatever time: it is the old one or the new one."""
    live(trained, 20)
    command = [sys.executable, "-m", "cueline", "improve", "policy"]
    for number, seconds in enumerate((1, 2, 4, 6, 8, 10, 12, 14)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        if number % 2:
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
        code = process.wait(120)
        policy = Policy.load("policy")
        assert policy.hash == trained.hash or code == 0 or (place / "policy-old").exists()
        assert policy.act("a tea please", policy.start())
