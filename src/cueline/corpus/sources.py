"""From whatever holds dialogues to dialogues: files, objects in memory, data frames, a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Protocol, overload

import numpy as np

from cueline.corpus.account import Account
from cueline.corpus.files import is_path, matching, path_of, readable
from cueline.corpus.formats.jsonl import labelled
from cueline.corpus.formats.tables import frames
from cueline.corpus.loader import check_names, read_files
from cueline.corpus.options import ReadingOptions
from cueline.corpus.transforms.split import parted, smaller_part
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place, corpus_error
from cueline.io import Paths, convert
from cueline.types import Map


class DataFrame(Protocol):
    """A table of pandas, Polars, PyArrow or whatever else narwhals knows."""

    @property
    def columns(self) -> Any:
        """Its columns, or their names."""


Source = Paths | Iterable[Dialogue | Mapping[str, Any]] | DataFrame
"""A file or a folder, or several; dialogues, or dicts of the corpus format; a data frame."""


def load(
    source: Source,
    format: str | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
) -> Corpus:
    """A corpus of `source`, read when it is asked for its dialogues.

    `format` names the format of files, which are recognised without it. `columns` says what the
    columns of a table or data frame are: `{"user": "question", "drop": ["price", "agent"]}`, in the
    words of `docs/formats/csv.md`. Raises `CorpusError` for a path that is not there; reading the
    corpus raises it with the place of what cannot be read.
    """
    roles = (columns or {}).items()
    named = ((role, [one] if isinstance(one, str) else one) for role, one in roles)
    pairs = tuple(f"{role}={name}" for role, names in named for name in names)
    return Corpus(source, ReadingOptions(format, pairs))


class Corpus(Sequence[Dialogue]):
    """Dialogues in order, like a list of them.

    Iterating reads files anew each time, so that one pass over them needs no memory; length, an
    index or a slice, and comparing read them once, and then they are kept.
    """

    def __init__(self, source: Source, options: ReadingOptions | None = None) -> None:
        self.options = options or ReadingOptions()
        self._kept: list[Dialogue] | None = None
        self.source = _lasting(source)
        check_names(self.options)

    def __iter__(self) -> Iterator[Dialogue]:
        return iter(self._kept) if self._kept is not None else read(self.source, self.options)

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, at: int) -> Dialogue: ...
    @overload
    def __getitem__(self, at: slice) -> Corpus: ...
    def __getitem__(self, at: int | slice) -> Dialogue | Corpus:
        found = self._all()[at]
        return found if isinstance(found, Dialogue) else self._part(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Corpus | list) and self._all() == list(other)

    __hash__ = None  # type: ignore[assignment]  # it equals a list, which has none

    def __repr__(self) -> str:
        if self._kept is None:
            return f"Corpus({self.source!r})"
        turns = sum(len(dialogue.turns) for dialogue in self._kept)
        return f"<Corpus: {len(self._kept):,} dialogues, {turns:,} turns>"

    def split(
        self, fraction: float = 0.2, seed: int = 0, group: str | None = None
    ) -> tuple[Corpus, Corpus]:
        """A larger and a smaller part, of about `fraction` of the dialogues, both in order.

        Where dialogues go depends on their ids and `seed` alone. With `group`, a key of `meta`, all
        of one customer, scenario or the like go to the same part.
        """
        second = smaller_part(self._all(), fraction, seed, group)
        larger, smaller = parted(self._all(), np.asarray(second))
        return self._part(larger), self._part(smaller)

    def to_frame(self, backend: str = "pandas") -> Any:
        """A data frame with a turn a row; `load` reads it back.

        The columns are `dialogue`, `turn`, `user`, `actions`, `available` and `system`, and each
        feature's own; where there are any, `spans_json`, `arguments_json` and `results_json` hold
        those of a turn as the corpus format has them. `backend` is `pandas`, `polars` or `pyarrow`,
        which must be installed.
        """
        return frames.frame_of(self, backend)

    @property
    def was_read(self) -> bool:
        """Whether it is a part of another, so that its options say how that was read."""
        return self._kept is not None and self._kept is self.source

    def _all(self) -> list[Dialogue]:
        if self._kept is None:
            self._kept = list(iter(self))  # `list(self)` would ask for the length first
        return self._kept

    def _part(self, dialogues: list[Dialogue]) -> Corpus:
        part = Corpus(dialogues, self.options)
        part._kept = dialogues
        return part


def read(
    source: Source,
    options: str | ReadingOptions | None = None,
    account: Account | None = None,
    mapped: Map = map,
) -> Iterator[Dialogue]:
    """The dialogues of `source`, streaming; or `mapped` reads its files, each as a whole.

    `options` says how files and tables are read, or only names the format of all files; without a
    format each file is recognised. `account` counts what is read and what is not. Raises
    `CorpusError` with the place of what cannot be read, where there is no dialogue at all, and
    where options of tables are given but neither this nor what `account` counted before is one.
    """
    account, was_read = account or Account(), False
    if isinstance(source, Corpus):
        given = ReadingOptions.of(options)
        of_policy = given.of_policy  # what it kept is said less plainly than what the corpus says
        first, then = (source.options, given) if of_policy else (given, source.options)
        options = first.preferring(then)
        was_read = source.was_read
        source = source.source
    if options is not None:
        account.options = ReadingOptions.of(options)
    check_names(account.options)
    before, name, dialogues = account.dialogues, *_opened(source, account, mapped)
    for dialogue in dialogues:
        account.made(dialogue)
        yield dialogue
    if account.dialogues == before:
        if account.bad.places:
            raise CorpusError(account.bad.places[0])
        raise CorpusError(f"{name}: no dialogue in it; give a corpus with at least one")
    said = account.options.of_tables
    if said and not was_read and not account.options.of_policy and not account.tables:
        raise CorpusError(f"{name}: no table in it, so {said} says nothing of it; leave that out")


def read_all(
    source: Source,
    options: str | ReadingOptions | None = None,
    account: Account | None = None,
) -> list[Dialogue]:
    """`read`, all at once."""
    return list(read(source, options, account))


def _opened(source: Source, account: Account, mapped: Map) -> tuple[str, Iterator[Dialogue]]:
    """What `source` is called, and its dialogues."""
    if frames.is_frame(source):
        return "the data frame", frames.read(source, account)
    if is_path(source):
        return str(source), read_files([path_of(source)], account, mapped)
    if isinstance(source, Mapping | Dialogue):
        raise CorpusError("one dialogue is no corpus; give a list of dialogues")
    items: Iterator[Any] = iter(source)  # type: ignore[arg-type]
    first = list(islice(items, 1))
    if first and is_path(first[0]):
        paths = list(map(path_of, chain(first, items)))
        return ", ".join(map(str, paths)), read_files(paths, account, mapped)
    return "the dialogues given", _in_memory(chain(first, items), account)


def _in_memory(items: Iterable[Any], account: Account) -> Iterator[Dialogue]:
    for number, item in enumerate(items):
        place = Place(f"dialogue [{number}]")
        account.record()
        with account.guard():
            if isinstance(item, Dialogue):
                yield labelled(item, place)
            elif isinstance(item, Mapping):
                yield labelled(convert(dict(item), Dialogue, place), place)
            else:
                what = f"expected a Dialogue or a dict, not {type(item).__name__}"
                raise corpus_error(place, what)


def _lasting(source: Source) -> Source:
    """`source` to be iterated again and again; a stream is read, for it can be but once."""
    if frames.is_frame(source) or isinstance(source, Mapping | Dialogue):
        return source
    several: Any = [source] if is_path(source) else source
    if not isinstance(several, Sequence):
        several = list(several)
    for one in several:
        if is_path(one):
            with readable(path := path_of(one)):
                matching(path)
    return source if is_path(source) else several
