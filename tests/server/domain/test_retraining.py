"""Training further: on what, on top of which policy, and what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cueline.corpus.formats import jsonl
from cueline.policy import Policy
from cueline.server.domain.policies import Policies
from cueline.server.domain.retraining import Retraining, training
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import PolicyRefusedError
from cueline.server.schemas import StepRequest
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import dialogues, policy
from tests.server.conftest import run
from tests.server.test_app import problem, serving


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
        problem(client.get("/v1/training/events"), 409, "--teach")
        headers = {"content-type": "text/plain"}  # what a page elsewhere could send
        problem(client.post("/v1/training", content=b"{}", headers=headers), 415)
        problem(client.post("/v1/training"), 400)


def test_a_dialogue_without_turns_keeps_no_one_from_training(tmp_path: Path) -> None:
    async def check() -> None:
        sessions = Sessions(MemoryStore(), Policies(policy()))
        teaching = Retraining(sessions, tmp_path)
        await sessions.open()
        with pytest.raises(PolicyRefusedError, match="nothing was corrected"):
            await teaching.start()
        dialogue = await sessions.open()
        await sessions.step(dialogue, StepRequest("yes"))
        await sessions.correct(dialogue, 0, ("book",))
        await teaching.start()
        assert teaching.answer.running
        while teaching.answer.running:
            teaching.stop()
            await asyncio.sleep(0.05)

    run(check())


def test_two_servers_that_train_at_once_take_two_names_and_a_failure_gives_its_own_back(
    tmp_path: Path,
) -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = [Sessions(store, Policies(policy())) for _ in range(2)]
        dialogue = await sessions[0].open()
        await sessions[0].step(dialogue, StepRequest("yes"))
        await sessions[0].correct(dialogue, 0, ("book",))
        teachings = [Retraining(each, tmp_path) for each in sessions]
        for teaching in teachings:
            await teaching.start()
        assert [each.answer.name for each in teachings] == ["taught-1", "taught-2"]
        while any(each.answer.running for each in teachings):
            for teaching in teachings:
                teaching.stop()
            await asyncio.sleep(0.05)
        assert all(each.answer.failed for each in teachings)
        assert list(tmp_path.iterdir()) == []

    run(check())
