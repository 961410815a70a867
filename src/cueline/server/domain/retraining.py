"""Teach: train the policy further on what was corrected, in a process of its own.

The server never imports a framework; `cueline train` does, and what it says is passed on.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import per_turn
from cueline.server.errors import PolicyRefusedError
from cueline.server.schemas import TrainingAnswer

_TRAIN = "from cueline.cli import main; main()"


class Retraining:
    """One training at a time, and what it says."""

    def __init__(self, sessions: Sessions, library: Path) -> None:
        self._sessions, self._library = sessions, library
        self._answer = TrainingAnswer(possible=True)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def answer(self) -> TrainingAnswer:
        """Where it stands."""
        return self._answer

    async def start(self) -> None:
        """Begin to train the current policy further; raises `PolicyRefusedError`."""
        if self._answer.running:
            raise PolicyRefusedError("a training is under way; wait for it")
        policy = self._sessions.policies[self._sessions.policies.current]
        if not per_turn(policy):
            raise PolicyRefusedError(
                "the policy labels whole dialogues, corrections are of turns; train it on a corpus"
            )
        self._answer = answer = TrainingAnswer(possible=True, running=True)
        try:
            store = self._sessions.store
            corrected = [one async for one in as_corpus(store, corrected=True)]
            if not corrected:
                raise PolicyRefusedError(
                    "nothing was corrected yet; say first what would have been right"
                )
            answer.name = self._claimed_name()
        except BaseException:
            self._answer = TrainingAnswer(possible=True)
            raise
        self._task = asyncio.create_task(self._run(policy, corrected))

    def stop(self) -> None:
        """End what is under way."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    async def lines(self) -> AsyncIterator[str]:
        """What the latest training says: all so far, then each line as it comes, to the end."""
        answer, place = self._answer, 0
        while True:
            for line in answer.lines[place:]:
                place += 1
                yield line
            if place == len(answer.lines):
                if not answer.running:
                    return
                await self._news.wait()

    async def _run(self, policy: Policy, corrected: Sequence[Dialogue]) -> None:
        answer = self._answer
        try:
            with tempfile.TemporaryDirectory(prefix="cueline-teaching-") as folder:
                out = self._library / str(answer.name)
                command = await asyncio.to_thread(training, Path(folder), out, policy, corrected)
                self._process = process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                )
                assert process.stdout is not None
                async for line in process.stdout:
                    if text := line.decode(errors="replace").strip():
                        answer.lines.append(text)
                        self._tell()
                answer.failed = await process.wait() != 0
        except BaseException:
            answer.failed = True
            raise
        finally:
            if answer.failed:
                self._give_up(str(answer.name))
            answer.running = False
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _claimed_name(self) -> str:
        """A name that no other server takes: its folder is there from now on, though empty."""
        number = 1
        while True:
            try:
                (self._library / f"taught-{number}").mkdir()
                return f"taught-{number}"
            except FileExistsError:
                number += 1
            except OSError as error:
                raise PolicyRefusedError(
                    f"the folder of policies cannot be written to: {error.strerror}"
                ) from None

    def _give_up(self, name: str) -> None:
        with suppress(OSError):  # it has something in it
            (self._library / name).rmdir()


def training(folder: Path, out: Path, policy: Policy, corrected: Sequence[Dialogue]) -> list[str]:
    """The command that trains `policy` further, to `out`; what it reads goes into `folder`."""
    corrections, base = folder / "corrections.jsonl", folder / "policy"
    jsonl.write(corrections, corrected)
    policy.save(base)
    train = [sys.executable, "-c", _TRAIN, "train", str(corrections)]
    return [*train, "--from", str(base), "--out", str(out)]
