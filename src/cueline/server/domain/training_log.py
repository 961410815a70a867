"""Trainings on disk: each is a file of its events, beside the policy that it makes.

The server that trains holds a lock on the file until the end is written. A training that nobody
holds and that has no end was cut off: its server was killed, or the machine was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from cueline.file_locks import is_locked, lock
from cueline.server.errors import PolicyRefusedError
from cueline.server.schemas import GateAnswer, TrainingJob

_EPOCH = re.compile(r"epoch +(\d+) ")
_SUFFIX = ".training.jsonl"


class Began(Struct, frozen=True, tag="began", omit_defaults=True):
    """A training begins. Times are in seconds since 1970, UTC."""

    at: float
    name: str
    base: str
    """The policy that is trained further."""
    dialogues: int
    corrections: int
    epochs: int
    author: str | None = None
    key: str | None = None
    """The `Idempotency-Key` that it was asked for with."""


class Printed(Struct, frozen=True, tag="printed"):
    """A line of what the training prints."""

    at: float
    text: str


class Gated(Struct, frozen=True, tag="gated"):
    """It has trained; the gate is being passed."""

    at: float


class Ended(Struct, frozen=True, tag="ended", omit_defaults=True):
    """It is over."""

    at: float
    state: Literal["trained", "serving", "refused", "failed", "cancelled"]
    policy: str | None = None
    gate: GateAnswer | None = None
    detail: str | None = None


TrainingEvent = Began | Printed | Gated | Ended
_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[list[TrainingEvent]] = msgspec.json.Decoder(list[TrainingEvent])


class TrainingLog:
    """The file of a training that this process runs; it is locked for as long as it is open."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = (folder / (name + _SUFFIX)).open("ab")
        lock(self._file.fileno())

    def append(self, event: TrainingEvent) -> None:
        """Add the event; it is on the disk once this returns."""
        self._file.write(_encode(event) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the lock."""
        self._file.close()


def claimed_name(folder: Path) -> str:
    """A name that no other server takes: its folder is there from now on, though empty."""
    number = 1
    while True:
        name = f"taught-{number}"
        try:
            if not (folder / (name + _SUFFIX)).exists():
                (folder / name).mkdir()
                return name
        except FileExistsError:
            pass
        except OSError as error:
            raise PolicyRefusedError(
                f"the folder of policies cannot be written to: {error.strerror}"
            ) from None
        number += 1


def trainings(folder: Path) -> list[TrainingJob]:
    """All trainings of the folder, the latest first; only that one with its lines."""
    jobs = [job for path in folder.glob("*" + _SUFFIX) if (job := _read(path))]
    jobs.sort(key=lambda job: -job.began)
    for job in jobs[1:]:
        job.lines = []
    return jobs


def _read(path: Path) -> TrainingJob | None:
    with path.open("rb") as file:
        held = is_locked(file.fileno())
        lines = file.read().split(b"\n")[:-1]  # what was cut within a line never happened
    return job_of(_decode.decode(b"[%s]" % b",".join(lines)), held)


def job_of(events: Sequence[TrainingEvent], held: bool) -> TrainingJob | None:
    """Where the training stands that has these events; `held` by a server, or by none."""
    if not events or not isinstance(began := events[0], Began):
        return None
    job = TrainingJob(
        name=began.name,
        state="training" if held else "interrupted",
        began=began.at,
        base=began.base,
        dialogues=began.dialogues,
        corrections=began.corrections,
        epochs=began.epochs,
        author=began.author,
        key=began.key,
    )
    for event in events[1:]:
        if isinstance(event, Printed):
            job.lines.append(event.text)
            if epoch := _EPOCH.match(event.text):
                job.epoch = int(epoch[1])
                left = max(job.epochs - job.epoch, 0)
                job.seconds_left = left * (event.at - job.began) / max(job.epoch, 1)
        elif isinstance(event, Gated):
            job.state = "gate" if held else "interrupted"
            job.seconds_left = None
        elif isinstance(event, Ended):
            job.state, job.ended = event.state, event.at
            job.policy, job.gate, job.detail = event.policy, event.gate, event.detail
            job.seconds_left = None
    return job
