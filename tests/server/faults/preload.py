"""A process whose clock is wrong, or whose disk is full or broken, from now on until it is not."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("preload.c")


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def compiled(folder: Path) -> Path:
    """The library to preload; everyone may read it."""
    library = folder / "preload.so"
    cc = compiler()
    assert cc is not None
    command = [cc, "-shared", "-fPIC", "-O1", "-o", library, SOURCE]
    subprocess.run([*map(str, command)], check=True)
    return library


class Preload:
    """What processes are told that start with `environment`; the files `under` a path may fail."""

    def __init__(self, library: Path, told: Path, under: Path) -> None:
        told.write_bytes(bytes(16))
        told.chmod(0o644)
        with told.open("r+b") as file:
            self._told = mmap.mmap(file.fileno(), 16)
        self.environment = {
            "LD_PRELOAD": str(library),
            "CUELINE_PRELOAD_TOLD": str(told),
            "CUELINE_PRELOAD_UNDER": str(under),
        }

    def clock(self, ahead: float) -> None:
        """Seconds by which the wall clock is ahead; behind, if negative."""
        self._told[:8] = struct.pack("<q", int(ahead))

    def disk(self, error: int) -> None:
        """The error of each write (`errno.EIO`) or of those that need room (`ENOSPC`); 0: none."""
        self._told[8:] = struct.pack("<q", error)
