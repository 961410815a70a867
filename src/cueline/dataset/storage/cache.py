"""Featurised datasets kept on disk under a key, for later runs and for runs at the same time.

An entry is a folder that is written under another name and then renamed: it is complete or absent,
and never changes. Two runs that make the same one at a time both succeed; the first to be ready is
kept.

    $CUELINE_CACHE, else $XDG_CACHE_HOME/cueline, else ~/.cache/cueline

Dialogues are private: entries can be read by the user alone.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from cueline.dataset.storage.mmap_dataset import IncompleteError
from cueline.errors import CacheError

T = TypeVar("T")
MAX_ENTRIES = 8
"""This number of entries is kept: those used last."""
ENTRY, UNFINISHED = ".featurised", ".featurising-"
"""How the name of an entry ends, and how that of one begins which is still being written."""
ABANDONED_AFTER = 24 * 3600
"""Seconds after which the run that was writing an entry must have been killed."""
ATTEMPTS = 3
"""An entry is made this often before giving up on a folder in which none stays."""


def folder() -> Path:
    """Where entries are kept; it is made if it is not there. Raises `CacheError`."""
    above = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    place = Path(os.environ.get("CUELINE_CACHE") or above / "cueline")
    try:
        place = place.expanduser()
    except RuntimeError:
        raise CacheError(f"{place}: {_CANNOT}: nobody's home; {_REMEDY}") from None
    with written_to(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


@contextmanager
def written_to(place: Path) -> Iterator[None]:
    """Say in one line, as a `CacheError`, why files cannot be kept in `place`."""
    try:
        yield
    except OSError as error:
        raise CacheError(f"{place}: {_CANNOT}: {error.strerror or error}; {_REMEDY}") from None


_CANNOT = "featurised dialogues cannot be kept there"
_REMEDY = "set CUELINE_CACHE to a folder that can be written and has room"


def entry(key: str, fill: Callable[[Path], None], opened: Callable[[Path], T]) -> T:
    """What `opened` returns for the entry of that key, which `fill` writes first if it is absent.

    `fill` is called with an empty folder. `opened` raises `IncompleteError` for an entry that is
    incomplete, which is then written again; what it returns must stay valid when the files are
    removed, as maps do. Raises `CacheError` where nothing can be kept.
    """
    within = folder()
    place = within / f"{key}{ENTRY}"
    with written_to(within):
        for _ in range(ATTEMPTS):
            if (found := _found(place, opened)) is not None:
                return found
            _tidy(within)
            _make(place, fill, opened)
    raise CacheError(f"{place}: gone as soon as it is made; {_REMEDY}")


def _found(place: Path, opened: Callable[[Path], T]) -> T | None:
    try:
        os.utime(place)
        return opened(place)
    except (IncompleteError, FileNotFoundError):
        return None


def _make(place: Path, fill: Callable[[Path], None], opened: Callable[[Path], T]) -> None:
    """Make an entry at `place`: this one, or that of another run that was ready first."""
    making = Path(tempfile.mkdtemp(dir=place.parent, prefix=UNFINISHED))
    try:
        fill(making)
        if _found(place, opened) is None:
            shutil.rmtree(place, ignore_errors=True)  # what is there, if anything, is not whole
            with suppress(FileExistsError):  # another run was faster by no more than a moment
                _rename(making, place)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _rename(making: Path, place: Path) -> None:
    try:
        making.rename(place)
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:  # how some systems say that it exists
            raise FileExistsError(place) from None
        raise


def _tidy(within: Path) -> None:
    """Make room for one more entry, and remove what killed runs left."""
    entries = sorted(within.glob(f"*{ENTRY}"), key=_changed, reverse=True)
    left = [p for p in within.glob(f"{UNFINISHED}*") if time.time() - _changed(p) > ABANDONED_AFTER]
    for path in [*entries[MAX_ENTRIES - 1 :], *left]:
        shutil.rmtree(path, ignore_errors=True)


def _changed(path: Path) -> float:
    """When anything in the folder was last written, or when it was last used."""
    times = [path, *path.rglob("*")]
    try:
        return max(each.stat().st_mtime for each in times)
    except FileNotFoundError:  # another run is clearing it away
        return time.time()
