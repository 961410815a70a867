"""From a path to dialogues: which format a file is in, and the files of a folder.

`path` may be a folder: a format that recognises one reads it as a whole (a Rasa bot), else its
files are asked one by one. Another view of the same files has a name of its own in `VIEWS`
(`sgd-slots`); what can be done to any dialogue is a function from dialogues to dialogues, such as
`steps` and `scrub`, and follows after reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cueline.corpus.account import Account
from cueline.corpus.files import is_folder, matching, readable, unpacked
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.not_recognised import not_recognised
from cueline.corpus.options import ReadingOptions
from cueline.corpus.registry import FORMATS, RECOGNISED, VIEWS, Format, Transcripts
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.types import Map


class Shard(NamedTuple):
    """A file of a corpus, or a folder that is read as one, and the path given that it is in."""

    file: Path
    given: Path
    format: Format
    options: ReadingOptions

    def __str__(self) -> str:
        return str(self.file)

    def read(self, account: Account) -> Iterator[Dialogue]:
        """Its dialogues. Raises `CorpusError` with the place of what cannot be read."""
        with readable(self.file), _one_of_several(self.file, self.given, account):
            yield from self.format.read(self.file, account)

    def read_whole(self) -> tuple[list[Dialogue], Account]:
        """Its dialogues at once, and what there is to say of their reading."""
        account = Account(self.options)
        return list(self.read(account)), account


def read_files(paths: Sequence[Path], account: Account, mapped: Map = map) -> Iterator[Dialogue]:
    """The dialogues of every file and folder in `paths`, as the account's options say.

    They stream; or another `mapped` than `map` reads them, file by file, wherever that is. Raises
    `CorpusError` with the place of what cannot be read.
    """
    shards = (shard for path in paths for shard in _shards(path, account))
    if mapped is map:
        for shard in shards:
            yield from shard.read(account)
        return
    for dialogues, part in mapped(Shard.read_whole, shards):
        account.add(part)
        yield from dialogues


def _shards(path: Path, account: Account) -> Iterator[Shard]:
    with readable(path):
        for one in matching(path):
            for file, format in _files(one, account.options, account):
                yield Shard(file, one, format, account.options)


def check_names(options: ReadingOptions) -> None:
    """Raise `CorpusError` for a format that is not there."""
    for name in (options.format, options.usual):
        if name is not None:
            _named(name)


@contextmanager
def _one_of_several(file: Path, path: Path, account: Account) -> Iterator[None]:
    """A folder that is read as a whole, a bot, does not stop those beside it: it is counted."""
    try:
        yield
    except CorpusError as error:
        if file == path or not is_folder(file):
            raise
        account.bad.add(str(error))


def _files(path: Path, options: ReadingOptions, account: Account) -> Iterator[tuple[Path, Format]]:
    """The corpora in `path` with their formats: itself if a format takes it, else those inside.

    Files of a folder that are in no known format (a README, a licence) are passed over, and so are
    those in another than the one named.
    """
    name = options.format
    if name is not None and path.is_file():
        yield path, _named(name)
        return
    sample = Sample(path)
    if (format := _format(sample, options)) is not None:
        yield path, format
        return
    if path.is_file():
        yield path, _last(sample, options)
        return
    for inner in sorted(path.iterdir()):
        if is_folder(inner):
            yield from _files(inner, options, account)
            continue
        sample = Sample(inner)
        if (format := _format(sample, options)) is not None:
            yield inner, format
        elif sample.broken is not None:
            account.skip(sample.broken)
        else:
            account.pass_over(inner, f"not {name}" if name else "in no format that is known")


def _format(sample: Sample, options: ReadingOptions) -> Format | None:
    """The format that recognises a file: the first, or the one named if no other goes before it.

    With options that only tables have, what is called a table is one, whatever its columns.
    """
    name = options.format
    first = next((format for format in RECOGNISED if format.recognises(sample)), None)
    if first is None and options.are_of_a_table and _is_called_a_table(sample):
        first = _table(sample)
    usual = None if options.usual is None else _named(options.usual)
    if name is None and usual is not None and usual.recognises(sample):
        return usual
    if name is None or first is None:
        return first
    named = _named(name)
    if isinstance(first, Transcripts):
        return named if name in first.names(sample) else None
    takes = named is first or (name not in FORMATS and named.recognises(sample))
    return named if takes else None


def _last(sample: Sample, options: ReadingOptions) -> Format:
    """The format whose reader says what is wrong with a file that none recognises."""
    if not sample.head.strip():
        raise not_recognised(sample)
    if options.usual is not None:
        return _named(options.usual)
    if not sample.is_json and (_is_called_a_table(sample) or options.are_of_a_table):
        return _table(sample)
    raise not_recognised(sample)


def _is_called_a_table(sample: Sample) -> bool:
    return sample.is_parquet or unpacked(sample.path).suffix.lower() in csv_table.SUFFIXES


def _table(sample: Sample) -> Format:
    return parquet_table if sample.is_parquet else csv_table


def _named(name: str) -> Format:
    if name not in VIEWS:
        raise CorpusError(f"no format {name!r}; the formats are {', '.join(VIEWS)}")
    return VIEWS[name]
