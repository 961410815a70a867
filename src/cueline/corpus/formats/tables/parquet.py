"""Tables as Parquet, a turn or a message a row; rows may also be transcripts, as in JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cueline.corpus import parquet_stream
from cueline.corpus.account import Account
from cueline.corpus.formats.tables.columns import is_table
from cueline.corpus.formats.tables.header import Table
from cueline.corpus.formats.tables.rows import dialogues
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place

_INDEX = re.compile(r"__index_level_\d+__")


def recognises(sample: Sample) -> bool:
    """Whether the file is Parquet with the columns of a table: its rows may be transcripts."""
    try:
        return sample.is_parquet and is_table(parquet_stream.columns(sample.path))
    except CorpusError:
        return False


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; raises `CorpusError`, also without pyarrow."""
    account = account or Account()
    columns = parquet_stream.columns(path)
    names = [name for name in columns if not _INDEX.fullmatch(name)]
    if len(names) < len(columns):
        account.ignore("the index of a data frame", Place(path))
    table = Table(Place(path), names, parquet_stream.rows(path), typed=True)
    yield from dialogues(path, table, account)
