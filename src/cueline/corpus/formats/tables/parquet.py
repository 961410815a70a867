"""Tables as Parquet; needs pyarrow, the extra `tables`; `rows` says what a row is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.tables.header import Table
from cueline.corpus.formats.tables.rows import dialogues
from cueline.corpus.formats.tables.speakers import Row
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import Place, corpus_error

_INDEX = re.compile(r"__index_level_\d+__")
BATCH = 4096
"""Rows that are held at a time."""


def recognises(sample: Sample) -> bool:
    """Whether the file begins as Parquet does."""
    return sample.head.startswith("PAR1")


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; raises `CorpusError`, also without pyarrow."""
    account = account or Account()
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        what = "needs pyarrow; install it with `pip install 'cueline[tables]'`"
        raise corpus_error(Place(path), what) from None
    try:
        with parquet.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if not _INDEX.fullmatch(name)]
            if len(names) < len(file.schema_arrow.names):
                account.ignore("the index of a data frame", Place(path))
            table = Table(Place(path), names, _rows(path, file), typed=True)
            yield from dialogues(path, table, account)
    except (pyarrow.ArrowException, OSError) as error:
        what = " ".join(str(error).split())
        raise corpus_error(Place(path), f"not a whole Parquet file: {what[:200]}") from None


def _rows(path: Path, file: Any) -> Iterator[tuple[Place, Row]]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH):
        for row in batch.to_pylist():
            yield Place(path, path=f"row {number}"), row
            number += 1
