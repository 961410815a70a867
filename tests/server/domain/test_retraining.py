"""Training further: on what, on top of which policy, what is refused, and what a restart finds."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.formats import jsonl
from cueline.policy import Policy
from cueline.server.domain import retraining
from cueline.server.domain.policies import Policies
from cueline.server.domain.promotion_gate import PromotionGate
from cueline.server.domain.retraining import Retraining, training
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.swap_log import Swap, SwapLog
from cueline.server.domain.training_log import Began, Ended, Printed, TrainingLog, trainings
from cueline.server.errors import PolicyRefusedError
from cueline.server.events import Corrected
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import dialogues, policy
from tests.server.conftest import run
from tests.server.machine import library
from tests.server.test_app import problem, serving

SLOW = "import sys, time; print('epoch 1  loss 1', flush=True); time.sleep(60)"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraining, "training", library.training)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*_: object) -> list[str]:
        return [sys.executable, "-c", SLOW]

    monkeypatch.setattr(retraining, "training", command)


async def corrected(store: MemoryStore | None = None) -> Sessions:
    """Sessions with a dialogue in which a turn is corrected."""
    sessions = Sessions(store or MemoryStore(), Policies(policy()))
    dialogue = await sessions.open()
    await sessions.step(dialogue, StepRequest("yes"))
    await sessions.correct(dialogue, Corrected(0.0, 0, ("book",)))
    return sessions


async def until(so: Callable[[], object]) -> None:
    while not so():
        await asyncio.sleep(0.01)


def states(folder: Path) -> list[str]:
    return [job.state for job in trainings(folder)]


def test_what_was_corrected_is_trained_on_and_the_policy_is_what_it_is_trained_on_top_of(
    tmp_path: Path,
) -> None:
    corrected = dialogues(2, seed=1)
    command = training(tmp_path, tmp_path / "out", policy(), corrected)
    assert list(jsonl.read(Path(command[command.index("train") + 1]))) == corrected
    assert Policy.load(command[command.index("--from") + 1]).hash == policy().hash
    assert command[command.index("--out") + 1] == str(tmp_path / "out")


def test_where_it_was_not_allowed_there_is_no_training() -> None:
    with serving() as client:
        assert client.get("/v1/training").json()["possible"] is False
        problem(client.post("/v1/training", json={}), 409, "--teach")
        problem(client.delete("/v1/training"), 409, "--teach")
        problem(client.get("/v1/training/events"), 409, "--teach")
        headers = {"content-type": "text/plain"}  # what a page elsewhere could send
        problem(client.post("/v1/training", content=b"{}", headers=headers), 415)
        problem(client.post("/v1/training"), 400)


@pytest.mark.usefixtures("slow")
def test_a_dialogue_without_turns_keeps_no_one_from_training(tmp_path: Path) -> None:
    async def check() -> None:
        sessions = Sessions(MemoryStore(), Policies(policy()))
        teaching = Retraining(sessions, tmp_path)
        await sessions.open()
        with pytest.raises(PolicyRefusedError, match="nothing was corrected"):
            await teaching.start()
        assert not teaching.running
        assert list(tmp_path.iterdir()) == []
        dialogue = await sessions.open()
        await sessions.step(dialogue, StepRequest("yes"))
        await sessions.correct(dialogue, Corrected(0.0, 0, ("book",)))
        job = await teaching.start()
        assert (job.state, job.dialogues, job.corrections) == ("training", 1, 1)
        await teaching.cancel()

    run(check())


@pytest.mark.usefixtures("slow")
def test_it_learns_from_what_began_since_then_corrected_or_not(tmp_path: Path) -> None:
    async def check() -> None:
        sessions = Sessions(MemoryStore(), Policies(policy()))
        teaching = Retraining(sessions, tmp_path)
        for _ in range(2):
            await sessions.step(await sessions.open(), StepRequest("yes"))
        since = time.time()
        with pytest.raises(PolicyRefusedError, match="--record"):
            await teaching.start(since=since)
        for _ in range(3):
            await sessions.step(await sessions.open(), StepRequest("yes"))
        for when, begun in ((since, 3), (0.0, 5)):
            job = await teaching.start(since=when)
            assert (job.dialogues, job.corrections) == (begun, 0)
            await teaching.cancel()

    run(check())


@pytest.mark.usefixtures("quick")
def test_a_new_policy_is_let_in_by_the_server_and_the_swap_outlives_it(tmp_path: Path) -> None:
    async def check() -> None:
        sessions = await corrected()
        teaching = Retraining(sessions, tmp_path)
        sessions.policies.follow(SwapLog(tmp_path))
        job = await teaching.start(Service(sessions).admit, "ann")
        await until(lambda: not teaching.running)
        answer = teaching.answer()
        (job,) = answer.jobs
        assert (job.state, job.author, job.base) == ("serving", "ann", policy().hash)
        assert job.gate is not None
        assert job.gate.corrected == 1
        assert answer.current == job.policy == sessions.policies.current
        assert answer.previous == policy().hash

        again = Policies(policy(), [Policy.load(tmp_path / job.name)])
        again.follow(SwapLog(tmp_path))
        assert (again.current, again.previous) == (job.policy, policy().hash)
        again.roll_back()
        third = Policies(policy(), [Policy.load(tmp_path / job.name)])
        third.follow(SwapLog(tmp_path))
        assert (third.current, third.previous) == (policy().hash, job.policy)
        other = Policies(policy(1), [policy(), Policy.load(tmp_path / job.name)])
        other.follow(SwapLog(tmp_path))
        assert (other.current, other.previous) == (policy(1).hash, None)

    run(check())


@pytest.mark.usefixtures("quick")
def test_a_policy_that_the_gate_refuses_answers_nothing(tmp_path: Path) -> None:
    async def check() -> None:
        sessions = await corrected()
        teaching = Retraining(sessions, tmp_path)
        gate = PromotionGate(dialogues(3), exact=1.0)
        await teaching.start(Service(sessions, gate=gate).admit)
        await until(lambda: not teaching.running)
        (job,) = teaching.answer().jobs
        assert job.state == "refused"
        assert "the gate is shut" in str(job.detail)
        assert sessions.policies.current == policy().hash

    run(check())


@pytest.mark.usefixtures("slow")
def test_a_training_is_cancelled_and_its_name_is_not_taken_again(tmp_path: Path) -> None:
    async def check() -> None:
        teaching = Retraining(await corrected(), tmp_path)
        await teaching.start()
        with pytest.raises(PolicyRefusedError, match="under way"):
            await teaching.start()
        await until(lambda: trainings(tmp_path)[0].epoch == 1)
        assert trainings(tmp_path)[0].seconds_left is not None
        await teaching.cancel()
        assert states(tmp_path) == ["cancelled"]
        with pytest.raises(PolicyRefusedError, match="no training"):
            await teaching.cancel()
        assert (await teaching.start()).name == "taught-2"
        await teaching.cancel()
        assert states(tmp_path) == ["cancelled", "cancelled"]
        assert not [path for path in tmp_path.iterdir() if path.is_dir()]

    run(check())


@pytest.mark.usefixtures("slow")
def test_a_retry_with_the_same_key_starts_no_second_training(tmp_path: Path) -> None:
    async def check() -> None:
        teaching = Retraining(await corrected(), tmp_path)
        first = await teaching.start(key="k")
        assert (await teaching.start(key="k")).name == first.name
        await teaching.cancel()
        assert (await teaching.start(key="k")).state == "cancelled"
        assert len(trainings(tmp_path)) == 1

    run(check())


@pytest.mark.usefixtures("slow")
def test_two_servers_train_under_two_names_and_each_sees_the_others_training(
    tmp_path: Path,
) -> None:
    async def check() -> None:
        sessions = await corrected()
        teachings = [Retraining(sessions, tmp_path) for _ in range(2)]
        names = [(await teaching.start()).name for teaching in teachings]
        assert names == ["taught-1", "taught-2"]
        assert states(tmp_path) == ["training", "training"]
        for teaching in teachings:
            await teaching.cancel()

    run(check())


def test_a_training_that_was_cut_off_is_seen_as_such_and_can_be_begun_again(
    tmp_path: Path, slow: None
) -> None:
    """A child that dies as a server may: it leaves the log without an end, and no lock."""
    child = os.fork()
    if child == 0:
        TrainingLog(tmp_path, "taught-1").append(Began(1.0, "taught-1", "b", 1, 1, 9))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert states(tmp_path) == ["interrupted"]

    async def check() -> None:
        teaching = Retraining(await corrected(), tmp_path)
        await teaching.start()
        assert states(tmp_path) == ["training", "interrupted"]
        teaching.stop()  # as a server does that ends
        await until(lambda: not teaching.running)
        assert states(tmp_path) == ["interrupted", "interrupted"]

    run(check())


@given(cut=st.integers(0, 10_000), texts=st.lists(st.text(max_size=5), max_size=4))
def test_wherever_a_log_is_cut_off_it_is_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, texts: Sequence[str]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    file = TrainingLog(folder, "t")
    file.append(Began(1.0, "t", "b", 1, 2, 9))
    for text in texts:
        file.append(Printed(2.0, text))
    file.append(Ended(3.0, "failed", detail="why"))
    file.close()
    (path,) = folder.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[: cut % (len(content) + 1)])
    for job in trainings(folder):
        assert job.lines == list(texts)[: len(job.lines)]
        assert job.state == ("failed" if path.read_bytes() == content else "interrupted")


def test_a_swap_to_a_policy_that_is_gone_is_not_done_again(tmp_path: Path) -> None:
    log = SwapLog(tmp_path)
    log.append(Swap(1.0, policy().hash, "f" * 16))
    loaded = Policies(policy())
    loaded.follow(log)
    assert (loaded.current, loaded.previous) == (policy().hash, None)
