"""Teach: train the policy further on what was corrected, or kept, in a process of its own.

The server never imports a framework; `cueline train` does, and what it says is passed on. All of it
is in a log beside the policies, so that a server that starts again knows what became of it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue
from cueline.errors import PolicyError
from cueline.policy import Policy
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import per_turn
from cueline.server.domain.training_log import (
    Began,
    Ended,
    Gated,
    Printed,
    TrainingLog,
    claimed_name,
    trainings,
)
from cueline.server.errors import PolicyRefusedError
from cueline.server.schemas import GateAnswer, TrainingAnswer, TrainingJob

log = logging.getLogger("cueline.server")

Admit = Callable[[Path], Awaitable[GateAnswer]]
"""Loads a policy, past the gate."""
TOPIC = "training"
"""What watchers of trainings watch; no dialogue has this id."""
MAX_JOBS = 20
"""Trainings named."""
_TRAIN = "from cueline.cli import main; main()"


class Retraining:
    """One training at a time, and those before it."""

    def __init__(
        self, sessions: Sessions, library: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._sessions, self._library, self._clock = sessions, library, clock
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled = self._stopped = False

    @property
    def running(self) -> bool:
        """Whether this server trains."""
        return self._task is not None and not self._task.done()

    def answer(self) -> TrainingAnswer:
        """Where the trainings of the folder stand, this server's and others'."""
        policies = self._sessions.policies
        jobs = trainings(self._library)[:MAX_JOBS]
        return TrainingAnswer(True, self.running, policies.current, policies.previous, jobs)

    def learned_until(self) -> float | None:
        """When the latest training began that made a policy: what was said since is not learned."""
        jobs = trainings(self._library)
        return next((job.began for job in jobs if job.state in ("serving", "trained")), None)

    async def start(
        self,
        admit: Admit | None = None,
        author: str | None = None,
        key: str | None = None,
        since: float | None = None,
    ) -> TrainingJob:
        """Begin to train the current policy further; raises `PolicyRefusedError`.

        It learns from the dialogues that someone corrected, or from all that began `since` then.
        With `admit`, the new policy answers new dialogues once it is past the gate. With a `key`
        that came before, the training of then.
        """
        jobs = trainings(self._library)
        if key is not None and (same := [job for job in jobs if job.key == key]):
            return same[0]
        if self.running:
            raise PolicyRefusedError("a training is under way; wait for it, or cancel it")
        policy = self._sessions.policies[self._sessions.policies.current]
        if not per_turn(policy):
            raise PolicyRefusedError(
                "the policy labels whole dialogues, corrections are of turns; train it on a corpus"
            )
        self._cancelled, self._stopped, self._process = False, False, None
        began: asyncio.Future[Began] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(policy, admit, author, key, since, began))
        both: list[asyncio.Future[Any]] = [self._task, began]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not began.done():
            await self._task  # raises what is wrong
        event = began.result()
        return next(job for job in trainings(self._library) if job.name == event.name)

    async def cancel(self) -> None:
        """End the training that is under way, for good; raises `PolicyRefusedError`."""
        if self._task is None or self._task.done():
            raise PolicyRefusedError("no training is under way on this server")
        self._cancelled = True
        if self._process is None:
            self._task.cancel()
        self.stop()
        await asyncio.wait([self._task])

    def stop(self) -> None:
        """End what is under way, even if it has yet to begin: the server ends."""
        self._stopped = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    async def _run(
        self,
        policy: Policy,
        admit: Admit | None,
        author: str | None,
        key: str | None,
        since: float | None,
        began: asyncio.Future[Began],
    ) -> None:
        store = self._sessions.store
        given = [one async for one in as_corpus(store, corrected=since is None, since=since or 0.0)]
        if not given:
            raise PolicyRefusedError(
                "nothing was corrected yet; say first what would have been right"
                if since is None
                else "no dialogue is kept that began since then; --record keeps those of agents"
            )
        name = claimed_name(self._library)
        turns = sum(len(dialogue.meta["corrected"]) for dialogue in given)
        epochs = policy.settings.training.epochs
        event = Began(self._clock(), name, policy.hash, len(given), turns, epochs, author, key)
        file = TrainingLog(self._library, name)
        try:
            file.append(event)
            began.set_result(event)
            self._tell()
            ended = await self._trained(file, name, policy, given, admit)
            if ended is not None:
                file.append(ended)
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
            file.append(Ended(self._clock(), "cancelled"))
        finally:
            file.close()
            with suppress(OSError):  # it has something in it
                (self._library / name).rmdir()
            self._tell()

    async def _trained(
        self,
        file: TrainingLog,
        name: str,
        policy: Policy,
        given: Sequence[Dialogue],
        admit: Admit | None,
    ) -> Ended | None:
        """How it ended; None where the server ends first, so that it was cut off."""
        failed = await self._train(file, name, policy, given)
        if self._cancelled:
            return Ended(self._clock(), "cancelled")
        if failed < 0:  # a signal, and not one of ours
            return None
        if failed:
            return Ended(self._clock(), "failed", detail="what it said last says why")
        if admit is None:
            made = await asyncio.to_thread(Policy.load, self._library / name)
            return Ended(self._clock(), "trained", made.hash)
        file.append(Gated(self._clock()))
        self._process = None
        self._tell()
        try:
            gate = await admit(self._library / name)
        except (PolicyRefusedError, PolicyError) as error:
            return Ended(self._clock(), "refused", detail=str(error))
        self._sessions.policies.swap(gate.policy)
        return Ended(self._clock(), "serving", gate.policy, gate)

    async def _train(
        self, file: TrainingLog, name: str, policy: Policy, given: Sequence[Dialogue]
    ) -> int:
        """The exit code of the process that trains; below 0 is a signal."""
        with tempfile.TemporaryDirectory(prefix="cueline-teaching-") as folder:
            out = self._library / name
            command = await asyncio.to_thread(training, Path(folder), out, policy, given)
            self._process = process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            if self._stopped:
                process.terminate()
            assert process.stdout is not None
            async for line in process.stdout:
                if text := line.decode(errors="replace").strip():
                    file.append(Printed(self._clock(), text))
                    self._tell()
            return await process.wait()

    def _tell(self) -> None:
        self._sessions.watchers.publish(TOPIC, 0, b"")


def training(folder: Path, out: Path, policy: Policy, given: Sequence[Dialogue]) -> list[str]:
    """The command that trains `policy` further, to `out`; what it reads goes into `folder`."""
    dialogues, base = folder / "dialogues.jsonl", folder / "policy"
    jsonl.write(dialogues, given)
    policy.save(base)
    train = [sys.executable, "-c", _TRAIN, "train", str(dialogues)]
    return [*train, "--from", str(base), "--out", str(out)]
