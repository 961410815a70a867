"""Parquet in which a row holds all messages of a dialogue, as most data sets on hubs are kept.

The rows are records like those of JSON Lines, in any dialect of transcripts. Parquet gives every
message all keys that any of them has; those that are null are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.tables.parquet import rows
from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.holders import LISTS
from cueline.corpus.transcripts.reader import Line
from cueline.errors import CorpusError

COLUMNS = (*LISTS, "prompt", "chosen", "input")
"""Columns that hold messages, if what they hold is lists or JSON in text."""


def recognises(sample: Sample) -> bool:
    """Whether it is Parquet with a column of messages in its first row."""
    if not sample.start.startswith(b"PAR1"):
        return False
    with suppress(CorpusError):
        row = next(rows(sample.path), (None, {}))[1]
        return any(_holds_messages(row.get(name)) for name in COLUMNS)
    return False


def lines(path: Path, account: Account) -> Iterator[Line]:
    """The rows as records; raises `CorpusError`, also without pyarrow."""
    for place, row in rows(path):
        account.record()
        yield place, without_nulls(row)


def without_nulls(value: Any) -> Any:
    """`value` without the keys that are null, but for `content`, which may be."""
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_nulls(one)
        for key, one in value.items()
        if one is not None or (key == "content" and "role" in value)
    }


def _holds_messages(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip()[:2] in ("[{", '["') or value.lstrip()[:1] == "{"
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
