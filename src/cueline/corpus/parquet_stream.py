"""A Parquet file row by row, so that its size never matters; needs pyarrow, the extra `tables`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cueline.corpus.files import opened
from cueline.errors import Place, corpus_error

MARK = b"PAR1"
"""What a Parquet file begins with."""
BATCH = 4096
"""Rows that are held at a time."""


def columns(path: Path) -> list[str]:
    """The names of the columns; raises `CorpusError`, also without pyarrow."""
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def rows(path: Path) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The rows, each with its place, `row 0` the first; raises `CorpusError`, also midway."""
    number = 0
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                yield Place(path, path=f"row {number}"), row
                number += 1


def without_nulls(value: Any) -> Any:
    """`value` without keys of nothing: in a column of objects each has the keys of all."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        what = "needs pyarrow; install it with `pip install 'cueline[tables]'`"
        raise corpus_error(Place(path), what) from None
    try:
        with opened(path) as raw, parquet.ParquetFile(raw) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        what = " ".join(str(error).split())
        raise corpus_error(Place(path), f"not a whole Parquet file: {what[:200]}") from None
