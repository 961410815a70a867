"""Files read whole, with one line that says what is wrong; and written whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import msgspec

from cueline.errors import CorpusError, CuelineError, Place

T = TypeVar("T")

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]
"""A file or a folder, or a URL of one, or several."""
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
_BYTE = re.compile(r"\(byte (\d+)\)")
_LINE = re.compile(r" \(at line (\d+), column \d+\)")


def read(
    path: Path,
    type: type[T],
    error: type[CuelineError],
    syntax: Literal["json", "toml"] = "json",
) -> T:
    """What stands in the file `path`, as a `type`; raises `error` with the place."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise error(f"{path}: no such file") from None
    return decode(content, type, Place(path, path="$"), error, syntax)


def decode(
    content: bytes,
    type: type[T],
    place: Place,
    error: type[CuelineError] = CorpusError,
    syntax: Literal["json", "toml"] = "json",
) -> T:
    """`content`, which begins at `place`, as a `type`; raises `error` as `file:line: $.path: what`.

    With a line in it, the place is that of an item; without one, of a whole file.
    """
    if syntax == "toml":
        return _or_complain(lambda: msgspec.toml.decode(content, type=type), content, place, error)
    decoder: msgspec.json.Decoder[T] = _decoder(type)
    return _or_complain(lambda: decoder.decode(content), content, place, error)


def convert(
    value: object, type: type[T], place: Place, error: type[CuelineError] = CorpusError
) -> T:
    """`value`, which was decoded at `place`, as a `type`; raises `error` as `decode` does."""
    return _or_complain(lambda: msgspec.convert(value, type), b"", place, error)


def _decoder(type: Any) -> msgspec.json.Decoder[Any]:
    """One decoder a type: to make one takes longer than to decode a line."""
    found = _DECODERS.get(type)
    if found is None:
        found = _DECODERS[type] = msgspec.json.Decoder(type)
    return found


def _or_complain(
    attempt: Callable[[], T], content: bytes, place: Place, error: type[CuelineError]
) -> T:
    try:
        return attempt()
    except msgspec.ValidationError as problem:
        what, _, path = str(problem).partition(" - at `")
        inner = path.rstrip("`").removeprefix("$")
        raise error(
            f"{Place(place.file, place.line, (place.path or '$') + inner)} {what}"
        ) from None
    except msgspec.DecodeError as problem:
        what, line = _line(str(problem), content)
        if place.line is not None:
            line += place.line - 1
        inside = place.line is None and place.path not in ("", "$")
        raise error(
            f"{Place(place.file, None if inside else line, place.path.rstrip('$'))} {what}"
        ) from None
    except UnicodeDecodeError:
        what = f"not UTF-8 at byte {_first_bad_byte(content)}; save the file as UTF-8"
    except RecursionError:
        what = "nested too deeply"
    raise error(f"{place} {what}")


def _line(what: str, content: bytes) -> tuple[str, int]:
    """What is malformed, and the line in `content` of which the message speaks, from 1."""
    if (byte := _BYTE.search(what)) is not None:
        return what, 1 + content[: int(byte[1])].count(b"\n")
    if (line := _LINE.search(what)) is not None:
        return what.replace(line[0], ""), int(line[1])
    return what, 1 + content.rstrip().count(b"\n")  # the input ended too soon


def _first_bad_byte(content: bytes) -> int:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


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
