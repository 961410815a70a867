"""A table in files, one an array: written a chunk at a time, and opened without being read.

The arrays of an opened table are maps of its files: the system reads what is looked at, and all
runs on a machine share what is read. `Dataset.give_back` lets go of it.
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

SIZES = "table.json"
"""The file that says what the others hold. It is written last."""


class IncompleteError(Exception):
    """What was to be opened is not there, or not all of it, or was written by something else."""


class ArrayFile(Struct):
    """What the file of one array holds."""

    dtype: str
    shape: list[int]

    @property
    def bytes(self) -> int:
        """The size that the file must have."""
        return int(np.dtype(self.dtype).itemsize * np.prod(self.shape, dtype=np.int64))


def write_table(folder: Path, chunks: Iterable[Dataset]) -> None:
    """Make `folder` and write into it `chunks`, one at the least, as one table.

    It is what building all dialogues at once would give: each distinct utterance stands in it once,
    in the order in which they come. In memory is a chunk, and of each distinct utterance a hash:
    some 150 bytes, as Python keeps them.
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
        sizes = {name: writer.done() for name, writer in writers.items()}
    (folder / SIZES).write_bytes(msgspec.json.encode(sizes))


def open_table(folder: Path) -> Dataset:
    """The table that `write_table` wrote. Raises `IncompleteError`."""
    try:
        sizes = msgspec.json.decode((folder / SIZES).read_bytes(), type=dict[str, ArrayFile])
        maps = {name: _map(folder / name, filed) for name, filed in sizes.items()}
        arrays = {
            name: np.frombuffer(maps[name] or b"", filed.dtype).reshape(filed.shape)
            for name, filed in sizes.items()
        }
        return dataset_of(arrays, tuple(pages for pages in maps.values() if pages is not None))
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError, KeyError, TypeError):
        raise IncompleteError(folder) from None


def _map(path: Path, filed: ArrayFile) -> mmap.mmap | None:
    """The file in memory, to read; None for an empty one, which cannot be mapped."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != filed.bytes:
            raise IncompleteError(path)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if filed.bytes else None


class _Writer:
    """The file of one array, as it grows."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.filed: ArrayFile | None = None
        self.end = 0
        """Of `starts`: where the next chunk's begin."""

    def add(self, array: npt.NDArray[Any], starts: bool) -> None:
        """Append `array`; of `starts` all but the first after those of the first chunk, moved."""
        if self.filed is None:
            self.filed = ArrayFile(array.dtype.str, [0, *array.shape[1:]])
        elif starts:
            array = array[1:] + self.end
        if starts and len(array):
            self.end = int(array[-1])
        self.file.write(np.ascontiguousarray(array).tobytes())
        self.filed.shape[0] += len(array)

    def done(self) -> ArrayFile:
        """What was written, once it is sure to stay."""
        self.file.flush()
        os.fsync(self.file.fileno())
        assert self.filed is not None
        return self.filed


def _numbered(chunk: Dataset, numbers: dict[bytes, int]) -> Dataset:
    """`chunk` with its utterances numbered by all that came before; it keeps the new ones alone."""
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
