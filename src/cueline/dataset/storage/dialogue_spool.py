"""Dialogues to iterate over many times without holding them: read once, kept in an unnamed file.

A corpus may be larger than memory, and in a format that is slow to read; fitting and featurising
iterate over it several times.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import IO, Any, Self

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from cueline.dataset.storage.cache import folder, written_to
from cueline.dialogue import Dialogue

Numbers = npt.NDArray[np.int64]
AT_ONCE = 1000
"""Records whose places are looked up at a time."""
BUFFER = 1 << 20
"""Bytes read or written at a time."""


class DialogueSpool:
    """Dialogues in a file that nobody else can see and that ends with the process.

    A context manager: at its end the file's disk space is freed.
    """

    def __init__(self, file: IO[bytes], starts: Numbers, numbers: Numbers) -> None:
        self._file = file
        self._starts = starts
        """Where each record begins, and the last one ends. *Shape:* (records + 1,)."""
        self._numbers = numbers
        """Numbers of these dialogues' records. *Shape:* (D,)."""

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue]) -> DialogueSpool:
        """Keep `dialogues`, which may be a stream. Raises `CacheError` where there is no room."""
        place, starts, end = folder(), array("q", [0]), 0
        with written_to(place):
            file = tempfile.TemporaryFile(dir=place, buffering=BUFFER)  # noqa: SIM115  (it is returned)
        try:
            for dialogue in dialogues:
                with written_to(place):
                    end += file.write(_record(dialogue))
                starts.append(end)
            with written_to(place):
                file.flush()
        except BaseException:
            with suppress(OSError):  # its last bytes may have no room
                file.close()
            raise
        return cls(file, np.array(starts, np.int64), np.arange(len(starts) - 1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Dialogue]:
        return map(_decoder.decode, self._records())

    @cached_property
    def digest(self) -> str:
        """A hash of the dialogues' contents, in their order."""
        digest = sha256()
        for record in self._records():  # MessagePack says where one ends
            digest.update(record)
        return digest.hexdigest()

    def split(self, second: npt.NDArray[np.bool_]) -> tuple[DialogueSpool, DialogueSpool]:
        """The dialogues that are not `second`, and those that are; one file. *Shape:* (D,)."""
        parts = (self._numbers[~second], self._numbers[second])
        first, other = (DialogueSpool(self._file, self._starts, numbers) for numbers in parts)
        return first, other

    def _records(self) -> Iterator[bytes]:
        for first in range(0, len(self), AT_ONCE):
            numbers = self._numbers[first : first + AT_ONCE]
            starts, ends = self._starts[numbers], self._starts[numbers + 1]
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                self._file.seek(start)
                yield self._file.read(end - start)


def _plain(value: Any) -> Any:
    """A value as Python's own type; anything that MessagePack lacks becomes text."""
    if isinstance(value, Mapping):
        return dict(value)
    return float(value) if isinstance(value, float) else str(value)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(Dialogue)


def _record(dialogue: Dialogue) -> bytes:
    try:
        return _encoder.encode(dialogue)
    except OverflowError:  # MessagePack's whole numbers have 64 bits
        turns = tuple(
            replace(
                turn,
                features=_narrow(turn.features, float),
                arguments=_narrow(turn.arguments, float),
                results=_narrow(turn.results, float),
            )
            for turn in dialogue.turns
        )
        return _encoder.encode(replace(dialogue, turns=turns, meta=_narrow(dialogue.meta, str)))


def _narrow(value: Any, otherwise: Callable[[int], Any]) -> Any:
    """`value` with whole numbers of more than 64 bits converted by `otherwise`."""
    if isinstance(value, Mapping):
        return {key: _narrow(item, otherwise) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_narrow(item, otherwise) for item in value]
    wide = isinstance(value, int) and not -(2**63) <= value < 2**63
    return otherwise(value) if wide else value
