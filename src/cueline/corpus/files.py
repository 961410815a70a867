"""Files of a corpus, here or at a URL, plain or packed: the one place where they are opened.

What stands at a URL is a `UPath` of universal-pathlib, which has of a `Path` what readers use, over
any file system that fsspec knows. Nothing of them is imported for a file that is here.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from os import PathLike
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeGuard, cast

from cueline.errors import Place, corpus_error

_URL = re.compile(r"[A-Za-z][\w+.-]+(?:::[\w+.-]+)*://")
"""`s3://`, or a chain such as `simplecache::https://`; a drive of Windows is one letter."""
_PATTERN = re.compile(r"[*?\[]")
_BUFFER = 1 << 18
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
"""What packed files begin with, and what unpacks them."""
_SUFFIXES = {".gz", ".bz2", ".xz", ".zst"}
_RAISED = {
    "aiohttp": "ClientError",
    "botocore.exceptions": "BotoCoreError",
    "google.auth.exceptions": "GoogleAuthError",
}
"""What drivers of URLs raise, by module."""
_NOT_WHOLE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


def is_path(given: object) -> TypeGuard[str | PathLike[str]]:
    """Whether it names a file or a folder; a `UPath` of a URL does, and is no `PathLike`."""
    return isinstance(given, str | PathLike) or hasattr(given, "__vfspath__")


def path_of(name: str | PathLike[str]) -> Path:
    """The path or URL of that name; raises `CorpusError` where what reads the URL is missing."""
    if not isinstance(name, str) or not _URL.match(name):
        return Path(name) if isinstance(name, str | PathLike) else name
    try:
        from upath import UPath
    except ImportError:
        what = "needs packages that read URLs; pip install 'cueline[files]'"
        raise corpus_error(Place(name), what) from None
    try:
        found = UPath(name)
        found.fs  # noqa: B018  (made when it is asked for)
    except (ImportError, ValueError) as error:
        raise corpus_error(Place(name), str(error)) from None
    return cast(Path, found)


def matching(path: Path) -> list[Path]:
    """`path`, or what a pattern such as `shards/*.jsonl` stands for, in order; raises `CorpusError`
    where nothing is there.
    """
    if path.exists():
        return [path]
    first = next((n for n, part in enumerate(path.parts) if _PATTERN.search(part)), None)
    if first is None:
        raise corpus_error(Place(path), "no such file or folder")
    above = path.parents[len(path.parts) - 1 - first]
    found = sorted(above.glob("/".join(path.parts[first:])))
    if not found:
        raise corpus_error(Place(path), "no file or folder matches this pattern")
    return found


def is_folder(path: Path) -> bool:
    """Whether it is one; a web server is not asked for what its files link to."""
    return not path.is_file() and path.is_dir()


def unpacked(path: Path) -> Path:
    """`path` by the name that it has when it is unpacked: `a.jsonl` of `a.jsonl.gz`."""
    return path.with_suffix("") if path.suffix in _SUFFIXES else path


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """The bytes of a file, unpacked; raises `CorpusError` where a packed one is not whole."""
    with _buffered(path) as file:
        start = file.peek(len(max(_OPENERS, key=len)))
        opener = next((_OPENERS[mark] for mark in _OPENERS if start.startswith(mark)), None)
        if start.startswith(_ZSTANDARD):
            opener = _zstandard(path)
        if opener is None:
            yield file
            return
        try:
            with opener(file) as inner:
                yield inner
        except _NOT_WHOLE as error:
            raise corpus_error(Place(path), f"packed, and not whole: {error}") from None


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """A block that reads `path`, or files in it: what the system says is a `CorpusError`."""
    try:
        yield
    except OSError as error:
        place = Place(str(error.filename or path))
        raise corpus_error(place, f"cannot be read: {error.strerror or error}") from None
    except _of_drivers() as error:
        raise corpus_error(Place(path), f"cannot be read: {error}") from None


def read_bytes(path: Path) -> bytes:
    """All that a file holds, unpacked."""
    with opened(path) as file:
        return file.read()


@contextmanager
def _buffered(path: Path) -> Iterator[BufferedReader]:
    """The bytes as they are; of a web server, which may give no part of a file, all at once."""
    if isinstance(path, Path):
        with path.open("rb") as here:
            yield here
    elif path.protocol in ("http", "https"):
        with TemporaryFile() as fetched:
            with path.open("rb", block_size=0) as stream:
                shutil.copyfileobj(stream, fetched)
            fetched.seek(0)
            yield BufferedReader(cast(Any, fetched))
    else:
        with path.open("rb") as there, BufferedReader(there, _BUFFER) as file:
            yield file


def _of_drivers() -> tuple[type[Exception], ...]:
    """What the drivers that are loaded raise, and is no `OSError`."""
    loaded = (module for module in _RAISED if module in sys.modules)
    return tuple(getattr(sys.modules[module], _RAISED[module]) for module in loaded)


def _zstandard(path: Path) -> Callable[[IO[bytes]], Any]:
    try:
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdFile
        else:
            from backports.zstd import ZstdFile
    except ImportError:
        what = "packed by Zstandard; pip install 'cueline[files]', or unpack it with `unzstd`"
        raise corpus_error(Place(path), what) from None
    return ZstdFile
