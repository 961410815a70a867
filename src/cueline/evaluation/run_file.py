"""A file of figures that a run writes as it goes, so that it goes on where it stood."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from cueline import io
from cueline.errors import CuelineError
from cueline.io import replacing


class RunFile(Struct, frozen=True, kw_only=True):
    """The figures so far."""

    run: str
    """The `run_of` what the figures depend on."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """What is in a file. Raises `CuelineError` with the place of what is wrong in it."""
        return io.read(path, cls, CuelineError)

    @classmethod
    def read(cls, path: Path, run: str) -> Self:
        """The figures of that run so far; none where the file is of another, or is not there."""
        if not path.exists():
            return cls(run=run)
        kept = cls.load(path)
        return kept if kept.run == run else cls(run=run)

    def write(self, path: Path) -> None:
        """Write it to a file, for a person, a plot, and to go on with."""
        with replacing(path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(self), indent=1))


def run_of(*parts: Any) -> str:
    """A hash of what figures depend on, such as settings and dialogues."""
    return sha256(msgspec.json.encode(parts)).hexdigest()[:16]
