"""A JSON or JSON Lines file item by item, so that its size never matters.

An item is one of the top-level array, one line of JSON Lines, or the one value that a file holds.
A row of Parquet is one too, as the object that it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from cueline.corpus import parquet_stream
from cueline.corpus.files import opened, unpacked
from cueline.corpus.json_array import ends
from cueline.errors import CorpusError, Place, corpus_error

CHUNK = 1 << 20
LARGEST = 1 << 28
"""Bytes that one item may have; beyond, a quote or a bracket is missing somewhere."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


class Item(NamedTuple):
    """One value of the file and where it stands (`$[12]` in an array)."""

    place: Place
    text: bytes


def items(path: Path, chunk: int = CHUNK) -> Iterator[Item]:
    """The items of `path`; raises `CorpusError` where the array around them is broken.

    What is in an item is for its decoder to judge. `chunk` bytes are read at a time.
    """
    with opened(path) as file:
        if file.read(len(parquet_stream.MARK)) == parquet_stream.MARK:
            for number, (_, row) in enumerate(parquet_stream.rows(path)):
                place = Place(path, path=f"$[{number}]")
                yield Item(place, msgspec.json.encode(parquet_stream.without_nulls(row)))
            return
        file.seek(0)
        line = _skip_space(file)
        start, head = file.tell(), file.read(1)
        file.seek(start)
        called_lines, is_array = unpacked(path).suffix in (".jsonl", ".ndjson"), head == b"["
        if is_array and not (called_lines and _begins_with_a_value(file)):
            yield from _of_array(path, file, line, chunk)
        elif called_lines or _begins_with_a_value(file):
            yield from _of_lines(path, file, line)
        elif head:
            yield from _value(path, file, line)


def _skip_space(file: IO[bytes]) -> int:
    """Move to the first byte that says something; return its line."""
    if file.read(len(_BOM)) != _BOM:
        file.seek(0)
    line = 1
    while (byte := file.read(1)) and byte in _SPACE:
        line += byte == b"\n"
    file.seek(-len(byte), 1)
    return line


def _begins_with_a_value(file: IO[bytes]) -> bool:
    """Whether the first line is a whole JSON value: then the file is JSON Lines."""
    start = file.tell()
    line = file.readline(LARGEST)
    file.seek(start)
    try:
        msgspec.json.decode(line)
        return True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _of_lines(path: Path, file: IO[bytes], first: int) -> Iterator[Item]:
    number = first
    for line in file:
        for text in line.split(b"\r") if b"\r" in line.rstrip(b"\r\n") else [line]:
            if text.strip():
                yield Item(Place(path, number), text)
            number += 1


def _value(path: Path, file: IO[bytes], line: int) -> list[Item]:
    text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise _too_large(Place(path, line))
    return [Item(Place(path, line), text)]


def _of_array(path: Path, file: IO[bytes], line: int, size: int) -> Iterator[Item]:
    file.read(1)
    rest, index = b"", 0
    while chunk := file.read(max(size, len(rest))):
        buffer, begin = rest + chunk, 0
        commas, end = ends(buffer)
        for comma in commas:
            item = _item(path, buffer[begin:comma], line, index)
            if item is None:
                raise _missing(path, buffer[begin:comma], line, index)
            yield item
            line += buffer.count(b"\n", begin, comma)
            begin, index = comma + 1, index + 1
        if end is not None:
            item = _item(path, buffer[begin:end], line, index)
            if item is not None:
                yield item
            elif index > 0:
                raise _missing(path, buffer[begin:end], line, index)
            line += buffer.count(b"\n", begin, end)
            if (buffer[end + 1 :] + file.read(CHUNK)).strip():
                raise corpus_error(Place(path, line), "something follows the array; remove it")
            return
        rest = buffer[begin:]
        if len(rest) > LARGEST:
            raise _too_large(Place(path, line, f"$[{index}]"))
    place = Place(path, line + _leading_lines(rest), f"$[{index}]")
    raise corpus_error(place, "the array does not end after this; is the file cut off?")


def _item(path: Path, text: bytes, line: int, index: int) -> Item | None:
    """The item in `text`, which begins in `line`; None where there is none."""
    item = text.strip()
    if not item:
        return None
    if text[:1] not in b" \t\r\n":
        return Item(Place(path, line, f"$[{index}]"), item)
    return Item(Place(path, line + _leading_lines(text), f"$[{index}]"), item)


def _missing(path: Path, text: bytes, line: int, index: int) -> CorpusError:
    place = Place(path, line + _leading_lines(text), f"$[{index}]")
    return corpus_error(place, "an item is missing; remove the comma")


def _leading_lines(text: bytes) -> int:
    return text[: len(text) - len(text.lstrip())].count(b"\n")


def _too_large(place: Place) -> Exception:
    what = f"no end within {LARGEST >> 20} MiB; a quote or a bracket is missing"
    return corpus_error(place, what)
