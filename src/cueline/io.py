"""Files read whole, with one line that says what is wrong; and written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from cueline.errors import CuelineError, Place

T = TypeVar("T")


def read_as(
    path: Path,
    type: type[T],
    error: type[CuelineError],
    decode: Callable[..., Any] = msgspec.json.decode,
) -> T:
    """The file's content as a `type`; raises `error` with the place of what does not fit."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise error(f"{path}: no such file") from None
    return decode_as(path, content, type, error, decode)


def decode_as(
    path: Path,
    content: bytes,
    type: type[T],
    error: type[CuelineError],
    decode: Callable[..., Any] = msgspec.json.decode,
) -> T:
    """`content`, which stands in the file `path`, as a `type`; raises `error` with the place."""
    try:
        value: T = decode(content, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        what, _, where = str(problem).partition(" - at `")
        raise error(f"{Place(path, path=where.rstrip('`') or '$')} {what}") from None
    return value


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes the name `path` only if the block ends without an error.

    It is written under a temporary name beside it, so nothing half-written is ever left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """An empty folder that takes the name `path`, with what stood there gone, if all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            path.rename(old)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
