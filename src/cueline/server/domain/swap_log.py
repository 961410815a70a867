"""Which policy came after which, so that a server that starts again goes on with the last one."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = "swaps.jsonl"


class Swap(Struct, frozen=True):
    """New dialogues get another policy from then on."""

    at: float
    before: str
    after: str


class SwapLog:
    """A file of swaps, in the folder of policies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def append(self, swap: Swap) -> None:
        """Add the swap; it is on the disk once this returns."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(swap) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Swap]:
        """All swaps, the oldest first; one that was cut off while it was written never happened."""
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().split(b"\n")[:-1]
        return msgspec.json.decode(b"[%s]" % b",".join(lines), type=list[Swap])
