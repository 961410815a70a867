"""From a path to dialogues: which format a file is in, and the files of a folder.

A format is a module with two functions, `recognises(path, head)` and `read(path)`; a new format is
a new file and a line in `FORMATS`. `path` may be a folder: a format that recognises one reads it as
a whole (a Rasa bot), else its files are asked one by one.

There are no options of reading. Another view of the same files has a name of its own in `VIEWS`
(`sgd-slots`); what can be done to any dialogue is a function from dialogues to dialogues, such as
`steps` and `scrub`, and follows after reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from cueline.corpus.formats import jsonl
from cueline.corpus.formats.anthropic import messages as anthropic
from cueline.corpus.formats.babi import reader as babi
from cueline.corpus.formats.openai import chat as openai_chat
from cueline.corpus.formats.openai import responses
from cueline.corpus.formats.otel import reader as otel
from cueline.corpus.formats.rasa import intents as rasa_intents
from cueline.corpus.formats.rasa import reader as rasa
from cueline.corpus.formats.schema_guided import (
    convlab,
    convlab_slots,
    multiwoz,
    multiwoz_slots,
    sgd,
    sgd_slots,
    sim,
    sim_slots,
)
from cueline.corpus.formats.sharegpt import conversations as sharegpt
from cueline.corpus.formats.sharegpt import glaive
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.formats.tables.columns import Columns
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place, corpus_error

HEAD = 65_536
"""How many bytes of a file a format sees to recognise it."""


class Format(Protocol):
    """What a module of this room offers."""

    def recognises(self, path: Path, head: str) -> bool:
        """Whether the file, or what begins with `head`, is in this format."""

    def read(self, path: Path) -> Iterator[Dialogue]:
        """The dialogues of the file in order, each as soon as it is read."""


FORMATS: dict[str, Format] = {
    "sgd": sgd,
    "multiwoz": multiwoz,
    "convlab": convlab,
    "sim": sim,
    "jsonl": jsonl,
    "babi": babi,
    "otel": otel,
    "anthropic": anthropic,
    "responses": responses,
    "openai": openai_chat,
    "sharegpt": sharegpt,
    "glaive": glaive,
    "rasa": rasa,
    "csv": csv_table,
    "parquet": parquet_table,
}
"""Name to format, in the order in which they are asked."""
VIEWS: dict[str, Format] = {
    **FORMATS,
    "sgd-slots": sgd_slots,
    "multiwoz-slots": multiwoz_slots,
    "convlab-slots": convlab_slots,
    "sim-slots": sim_slots,
    "rasa-intents": rasa_intents,
}
"""All that can be asked for by name."""


def read(corpora: Iterable[str | Path], format: str | None = None) -> Iterator[Dialogue]:
    """The dialogues of every file and folder in `corpora`, streaming.

    `format` names the format of all of them; without it each file is recognised. Raises
    `CorpusError` with the place of what cannot be read, also where there is no dialogue at all.
    """
    if format is not None:
        _named(format)
    paths = [Path(corpus) for corpus in corpora]
    found = False
    for path in paths:
        try:
            for file in _files(path, format):
                for dialogue in _format(file, format).read(file):
                    found = True
                    yield dialogue
        except OSError as error:
            file = Path(error.filename or path)
            raise corpus_error(Place(file), f"cannot be read: {error.strerror}") from None
    if not found:
        names = ", ".join(map(str, paths))
        raise CorpusError(f"{names}: no dialogue in it; give a corpus with at least one")


def read_tables(corpora: Iterable[str | Path], columns: Iterable[str] = ()) -> Iterator[Dialogue]:
    """The dialogues of tables, CSV or Parquet, whose columns are named by `role=column`."""
    named = Columns.named(columns)
    for path in map(Path, corpora):
        if not path.is_file():
            raise corpus_error(Place(path), "no such file; name the table itself")
        table = parquet_table if parquet_table.recognises(path, _head(path)) else csv_table
        yield from table.read(path, named)


def load(corpora: Iterable[str | Path], format: str | None = None) -> list[Dialogue]:
    """`read`, all at once."""
    return list(read(corpora, format))


def _files(path: Path, format: str | None) -> Iterator[Path]:
    """The corpora in `path`: itself if a format takes it, else those inside.

    Files of a folder that are in no known format (a README, a licence) are passed over, and so are
    those in another than the one named.
    """
    if not path.exists():
        raise corpus_error(Place(path), "no such file or folder")
    if path.is_file() or _taker(path, format):
        yield path
        return
    for inner in sorted(path.iterdir()):
        if inner.is_dir() or _taker(inner, format):
            yield from _files(inner, format)


def _format(path: Path, name: str | None) -> Format:
    if name is not None and path.is_file():
        return _named(name)
    if format := _taker(path, name):
        return format
    if not _head(path).strip():
        raise corpus_error(Place(path), "the file is empty")
    if path.suffix == ".jsonl":
        return jsonl  # its reader says what is wrong, and where
    known = ", ".join(VIEWS)
    raise corpus_error(Place(path), f"not in a format that is recognised; name it: {known}")


def _taker(path: Path, name: str | None) -> Format | None:
    """The format that recognises `path`: the first, or the one named if no other goes before it."""
    head = _head(path)
    first = next((format for format in FORMATS.values() if format.recognises(path, head)), None)
    if name is None or first is None:
        return first
    named = _named(name)
    whole = named is first or (name not in FORMATS and named.recognises(path, head))
    return named if whole else None


def _named(name: str) -> Format:
    if name not in VIEWS:
        raise CorpusError(f"no format {name!r}; the formats are {', '.join(VIEWS)}")
    return VIEWS[name]


def _head(path: Path) -> str:
    if path.is_dir():
        return ""
    with path.open("rb") as file:
        return file.read(HEAD).decode("utf-8", errors="replace")
