"""On a Ray cluster the same comes out as here, whatever dies on the way."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import cueline
from cueline.cluster import ray_map
from cueline.corpus.account import Account
from cueline.corpus.formats import jsonl
from cueline.dataset import dataset as chunks
from cueline.dialogue import Dialogue
from cueline.errors import ClusterError, CorpusError
from cueline.evaluation.each_group import folder, grouped
from cueline.evaluation.each_group import learn as learn_each
from cueline.evaluation.learning_curve import learn
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.evaluation.sweep import learn as sweep
from cueline.evaluation.sweep import trials
from cueline.policy import Policy
from cueline.server.command import replay
from cueline.server.domain import audit
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.schemas import StepRequest
from cueline.server.stores.open import open_store
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.types import Map
from tests.policies import contents, random_policy
from tests.server.acting import policy
from tests.training.test_trainer import dialogues

ray = pytest.importorskip("ray", reason="Ray is not installed")
cluster_utils = pytest.importorskip("ray.cluster_utils")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
]
STORE = 200_000_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    arguments = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    running = cluster_utils.Cluster(True, head_node_args=arguments)
    running.add_node(num_cpus=1, object_store_memory=STORE)
    yield running
    running.shutdown()


@pytest.fixture(scope="module")
def mapped(cluster: Any) -> Iterator[Map]:
    with ray_map(cluster.address) as mapped:
        yield mapped


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several files, and one that is passed over."""
    folder = tmp_path_factory.mktemp("shards")
    some = dialogues(120)
    for number in range(6):
        jsonl.write(folder / f"{number}.jsonl", some[number * 20 : number * 20 + 20])
    (folder / "README").write_text("no dialogues")
    return folder


def small_chunks(monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    monkeypatch.setattr(chunks.in_chunks, "__defaults__", (turns,))


def test_files_are_read_as_here(mapped: Map, corpus: Path) -> None:
    here, there = Account(), Account()
    expected = list(cueline.corpus.read(corpus, account=here))
    assert list(cueline.corpus.read(corpus, account=there, mapped=mapped)) == expected
    assert list(there.lines()) == list(here.lines())


def test_a_poisoned_file_is_named(mapped: Map, corpus: Path, tmp_path: Path) -> None:
    jsonl.write(tmp_path / "good.jsonl", dialogues(5))
    bad = tmp_path / "poisoned.jsonl"
    bad.write_text('{"id": "a", "turns": [{"user": "hi", "actions": 7}]}\n')
    with pytest.raises(CorpusError, match=r"poisoned\.jsonl:1: \$\.turns\[0\]\.actions"):
        list(cueline.corpus.read(tmp_path, mapped=mapped))


def die_once_at(number: int, folder: Path) -> int:
    marker = folder / str(number)
    if number == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_what_a_worker_had_when_it_died_is_done_again_and_once(mapped: Map, tmp_path: Path) -> None:
    found = list(mapped(partial(die_once_at, folder=tmp_path), range(8)))
    assert found == [number * number for number in range(8)]
    assert (tmp_path / "3").exists()


def test_what_kills_every_worker_is_named(mapped: Map) -> None:
    with pytest.raises(ClusterError, match=r"^3: its worker died 4 times"):
        list(mapped(die_at_three, range(8)))


def test_scores_are_those_of_here_to_the_bit(mapped: Map, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch, 50)
    policy, some = random_policy(NetworkSettings()), dialogues(80)
    here, there = ScoredCorpus.of(policy, some), ScoredCorpus.of(policy, some, mapped)
    assert here.logits.tobytes() == there.logits.tobytes()
    assert here.newness.tobytes() == there.newness.tobytes()
    for ours, theirs in zip(here.decided, there.decided, strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_a_policy_is_that_of_here_byte_by_byte(
    mapped: Map, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_chunks(monkeypatch, 50)
    network = NetworkSettings(embedding=8, turn_units=8, units=8)
    settings = Settings(network=network, training=TrainingSettings(epochs=2))
    monkeypatch.setenv("CUELINE_CACHE", str(tmp_path / "one"))
    cueline.train(corpus, tmp_path / "here", config=settings)
    monkeypatch.setenv("CUELINE_CACHE", str(tmp_path / "other"))
    cueline.train(corpus, tmp_path / "there", config=settings, mapped=mapped)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def slow(number: int) -> int:
    time.sleep(0.3)
    return number


def test_a_node_that_is_gone_loses_nothing(cluster: Any, mapped: Map) -> None:
    node = cluster.add_node(num_cpus=2, object_store_memory=STORE)
    found = []
    for number in mapped(slow, range(24)):
        found.append(number)
        if number == 2:
            cluster.remove_node(node)
    assert found == list(range(24))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of Cueline's, in a process that no cluster is known to."""
    command = [sys.executable, "-m", "cueline", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_commands_give_the_same_with_and_without(corpus: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    said = [
        run("convert", corpus, here),
        run("convert", corpus, there, "--ray", "local"),
    ]
    assert [one.returncode for one in said] == [0, 0], said
    assert there.read_bytes() == here.read_bytes()
    assert said[1].stdout.replace(str(there), str(here)) == said[0].stdout


def test_a_curve_has_the_points_of_here(mapped: Map) -> None:
    some, test = dialogues(60), dialogues(20)
    network = NetworkSettings(embedding=4, turn_units=4, units=4)
    settings = Settings(network=network, training=TrainingSettings(epochs=1))

    def train(part: Sequence[Dialogue]) -> Policy:
        return cueline.train(part, config=settings)

    shares = [0.5, 1.0]
    there = list(learn(some, test, train, settings, shares, mapped))
    assert there == list(learn(some, test, train, settings, shares))


def test_a_sweep_has_the_figures_of_here(mapped: Map, tmp_path: Path) -> None:
    settings = Settings(
        network=NetworkSettings(embedding=4, turn_units=4, units=4),
        training=TrainingSettings(epochs=1),
    )
    wanted = trials({"network.units": ["4", "8"]}, [1.0], [3])
    there, here = (
        list(sweep(dialogues(40), dialogues(12), settings, wanted, tmp_path / "s", one))
        for one in (mapped, map)
    )
    assert there == here
    assert [one.trial for one in there] == wanted


def test_policies_of_groups_are_those_of_here(mapped: Map, tmp_path: Path) -> None:
    settings = Settings(
        network=NetworkSettings(embedding=4, turn_units=4, units=4),
        training=TrainingSettings(epochs=1),
    )
    groups = grouped(dialogues(36), "drink")
    for name, one in (("here", map), ("there", mapped)):
        for made in learn_each(groups, settings, tmp_path / name, one):
            assert made.policy is not None
            made.policy.save(folder(tmp_path / name, made.result.group))
    assert {path.name for path in (tmp_path / "there").iterdir()} == groups.keys()
    for group in groups:
        assert contents(tmp_path / "there" / group) == contents(tmp_path / "here" / group)


def test_stored_decisions_are_recomputed_as_here(
    mapped: Map, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:{tmp_path / 'd.db'}"

    async def live() -> None:
        sessions = Sessions(await open_store(url), Policies(policy()))
        for _ in range(7):
            dialogue = await sessions.open()
            for words in ("find me a table", "for two"):
                await sessions.step(dialogue, StepRequest(words))
        await sessions.store.close()

    asyncio.run(live())
    monkeypatch.setattr(audit, "DIALOGUES", 2)
    for seed in (0, 1):
        policy(seed).save(tmp_path / str(seed))
    for decided in ([], [tmp_path / "0"]):
        here, there = (
            replay(decided, store=url, against=tmp_path / "1", mapped=one) for one in (map, mapped)
        )
        assert there == here
        assert (there.dialogues, there.decisions, there.clean) == (7, 14 * len(decided), True)


def test_a_cluster_that_is_not_there_is_said_in_one_line(corpus: Path) -> None:
    said = run("check", corpus, "--ray", "127.0.0.1:1")
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1].startswith("cueline: --ray 127.0.0.1:1: no cluster there")


def test_a_cluster_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[ray_map.__module__], "PATIENCE", 0.2)
    with ExitStack() as held:
        full = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = full.getsockname()[1]
        for _ in range(4):  # who comes after them waits for ever
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        with (
            pytest.raises(ClusterError, match=rf"^--ray 127.0.0.1:{port}: .*: timed out$"),
            ray_map(f"127.0.0.1:{port}"),
        ):
            pass
