"""A lock is held until its file is closed, and whoever asks whether it is leaves it as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cueline.file_locks import is_locked, lock

HOLDS = "import sys; from cueline.file_locks import lock; f = open(sys.argv[1], 'ab')"
WAITS = f"{HOLDS}; lock(f.fileno()); print('locked', flush=True); sys.stdin.read()"


def test_a_lock_is_seen_until_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("ab") as held:
        held.write(b"written before")
        held.flush()
        lock(held.fileno())
        with path.open("rb") as asking:
            assert is_locked(asking.fileno())
            assert asking.read() == b"written before"
        held.write(b" and after")
    with path.open("rb") as asking, path.open("rb") as other:
        assert not is_locked(asking.fileno())
        assert not is_locked(other.fileno())
        assert asking.read() == b"written before and after"


def test_a_process_that_is_killed_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "log"
    command = [sys.executable, "-c", WAITS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with path.open("rb") as asking:
            assert is_locked(asking.fileno())
            process.kill()
            process.wait()
            assert not is_locked(asking.fileno())
