"""The beginning of a file, by which its format is recognised: its first bytes and whole records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from cueline.corpus import parquet_stream
from cueline.corpus.files import is_folder, opened
from cueline.corpus.json_stream import items
from cueline.errors import CorpusError
from cueline.io import decode

HEAD_BYTES = 65_536
RECORDS = 10
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Sample:
    """What a format sees of a file, or of a folder, to recognise it; none of it raises."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken: CorpusError | None = None
        """Why a packed file cannot be unpacked to its `HEAD_BYTES`."""

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is one of a folder."""
        return is_folder(self.path)

    @cached_property
    def start(self) -> bytes:
        """The first bytes of a file; none of a folder."""
        if not self.path.is_file():
            return b""
        found = bytearray()
        try:
            with opened(self.path) as file:
                while len(found) < HEAD_BYTES and (chunk := file.read1(HEAD_BYTES)):
                    found += chunk
        except CorpusError as error:  # whoever reads it meets it again, after what is whole
            self.broken = error
        return bytes(found[:HEAD_BYTES])

    @cached_property
    def head(self) -> str:
        """The first bytes as text."""
        return self.start.decode("utf-8", errors="replace")

    @property
    def is_json(self) -> bool:
        """Whether the file begins as JSON does: with an object or a list."""
        return self.head.lstrip("\ufeff \n\r\t")[:1] in ("{", "[")

    @property
    def is_parquet(self) -> bool:
        """Whether the file begins as Parquet does."""
        return self.start.startswith(parquet_stream.MARK)

    @property
    def is_utf16(self) -> bool:
        """Whether the file begins with the mark of UTF-16."""
        return self.start.startswith(_UTF16)

    @property
    def records(self) -> list[Any]:
        """The first records of a file of JSON, or of Parquet, whole, whatever their length."""
        return self._read[0]

    @property
    def error(self) -> CorpusError | None:
        """Why there are no more records, where the first of them cannot be read."""
        return self.broken or self._read[1]

    @cached_property
    def _read(self) -> tuple[list[Any], CorpusError | None]:
        found: list[Any] = []
        try:
            found += self._decoded() if self.is_json or self.is_parquet else ()
        except CorpusError as error:
            return found, error
        return found, None

    def _decoded(self) -> Iterator[Any]:
        for place, text in islice(items(self.path), RECORDS):
            yield decode(text, Any, place)
