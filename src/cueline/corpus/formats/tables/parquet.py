"""Tables as Parquet, a turn a row; needs pyarrow, the extra `tables`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.tables.columns import Columns, Header
from cueline.corpus.formats.tables.rows import Row, dialogues
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

DEFAULT = Columns()
BATCH = 4096
"""Rows that are held at a time."""


def recognises(path: Path, head: str) -> bool:
    """Whether the file begins as Parquet does."""
    return head.startswith("PAR1")


def read(
    path: Path, account: Account | None = None, columns: Columns = DEFAULT
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; raises `CorpusError`, also without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        what = "needs pyarrow; install it with `pip install 'cueline[tables]'`"
        raise corpus_error(Place(path), what) from None
    try:
        with parquet.ParquetFile(path) as file:
            header = Header(columns, list(file.schema_arrow.names), Place(path), typed=True)
            yield from dialogues(path, header, _rows(path, file))
    except (pyarrow.ArrowException, OSError) as error:
        what = " ".join(str(error).split())
        raise corpus_error(Place(path), f"not a whole Parquet file: {what[:200]}") from None


def _rows(path: Path, file: Any) -> Iterator[tuple[Place, Row]]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH):
        for row in batch.to_pylist():
            yield Place(path, path=f"row {number}"), row
            number += 1
