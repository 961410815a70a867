"""Locks of open files, which a process holds until it closes the file or ends, however it ends."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    _BEYOND = 1 << 40
    """The byte that is locked: none of the file's own, which others could then not read."""

    def lock(file: int) -> None:
        """Wait for the lock of an open file, and take it."""
        while not _taken(file, msvcrt.LK_LOCK):  # gives up after ten seconds
            pass

    def is_locked(file: int) -> bool:
        """Whether some process holds it, or asked the same just now."""
        if not _taken(file, msvcrt.LK_NBLCK):
            return True
        _taken(file, msvcrt.LK_UNLCK)
        return False

    def _taken(file: int, how: int) -> bool:
        place = os.lseek(file, 0, os.SEEK_CUR)
        os.lseek(file, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(file, how, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, place, os.SEEK_SET)
        return True

else:
    import fcntl

    def lock(file: int) -> None:
        """Wait for the lock of an open file, and take it."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def is_locked(file: int) -> bool:
        """Whether some process holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(file, fcntl.LOCK_UN)
        return False
