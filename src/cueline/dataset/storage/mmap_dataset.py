"""A dataset in files, one an array: written a chunk at a time, opened without being read.

The arrays of an opened dataset are maps of its files: the operating system reads pages as they are
used, and all runs on a machine share them. `Dataset.release` frees them.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from cueline.dataset.dataset import Dataset
from cueline.dataset.named_arrays import STARTS, arrays_of, dataset_of

HEADERS = "dataset.json"
"""The file that says what the others hold; it is written last."""


class IncompleteError(Exception):
    """The files to open are missing, cut short, or written by something else."""


class ArrayHeader(Struct):
    """The dtype and shape of the array in a file."""

    dtype: str
    shape: list[int]

    @property
    def bytes(self) -> int:
        """The size that the file must have."""
        return int(np.dtype(self.dtype).itemsize * np.prod(self.shape, dtype=np.int64))


def write_dataset(folder: Path, chunks: Iterable[Dataset]) -> None:
    """Make `folder` and write `chunks`, at least one, into it as one dataset.

    The result is what building all dialogues at once would give: each distinct utterance is stored
    once, in order of appearance. Memory holds a chunk, and some 150 bytes for each distinct
    utterance: its hash, as Python keeps it.
    """
    folder.mkdir()
    numbers: dict[bytes, int] = {}
    with ExitStack() as stack:
        writers: dict[str, _Writer] = {}
        for chunk in chunks:
            for name, array in arrays_of(_numbered(chunk, numbers)).items():
                if name not in writers:
                    writers[name] = _Writer(stack.enter_context((folder / name).open("wb")))
                writers[name].add(array, starts=name.endswith(STARTS))
        headers = {name: writer.done() for name, writer in writers.items()}
    (folder / HEADERS).write_bytes(msgspec.json.encode(headers))


def open_dataset(folder: Path) -> Dataset:
    """The dataset that `write_dataset` wrote. Raises `IncompleteError`."""
    try:
        headers = msgspec.json.decode((folder / HEADERS).read_bytes(), type=dict[str, ArrayHeader])
        maps = {name: _map(folder / name, header) for name, header in headers.items()}
        arrays = {
            name: np.frombuffer(maps[name] or b"", header.dtype).reshape(header.shape)
            for name, header in headers.items()
        }
        return dataset_of(arrays, tuple(pages for pages in maps.values() if pages is not None))
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError, KeyError, TypeError):
        raise IncompleteError(folder) from None


def _map(path: Path, header: ArrayHeader) -> mmap.mmap | None:
    """The file in memory, to read; None for an empty one, which cannot be mapped."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != header.bytes:
            raise IncompleteError(path)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if header.bytes else None


class _Writer:
    """The file of one array, while it grows."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.header: ArrayHeader | None = None
        self.end = 0
        """For an array of starts: where the next chunk's begin."""

    def add(self, array: npt.NDArray[Any], starts: bool) -> None:
        """Append `array`; starts of a later chunk go without the first, moved up by `end`."""
        if self.header is None:
            self.header = ArrayHeader(array.dtype.str, [0, *array.shape[1:]])
        elif starts:
            array = array[1:] + self.end
        if starts and len(array):
            self.end = int(array[-1])
        self.file.write(np.ascontiguousarray(array).tobytes())
        self.header.shape[0] += len(array)

    def done(self) -> ArrayHeader:
        """What was written, once it is on the disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        assert self.header is not None
        return self.header


def _numbered(chunk: Dataset, numbers: dict[bytes, int]) -> Dataset:
    """`chunk` with utterances numbered across chunks; it keeps only those that are new."""
    before, utterances = len(numbers), chunk.utterances
    hashes = (
        blake2b(utterances[row].tobytes(), digest_size=16).digest()
        for row in range(len(utterances))
    )
    number = np.array([numbers.setdefault(one, len(numbers)) for one in hashes], np.int32)
    return replace(
        chunk,
        utterances=utterances.take(np.flatnonzero(number >= before)),
        turns=replace(chunk.turns, utterance=number[chunk.turns.utterance]),
        value_masked=replace(chunk.value_masked, utterance=number[chunk.value_masked.utterance]),
    )
