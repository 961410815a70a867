"""Files of transcripts to dialogues, record by record, each in the dialect that it is in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import NEVER_ACTS, Account
from cueline.corpus.files import unpacked
from cueline.corpus.json_stream import items
from cueline.corpus.transcripts.closed_world import refuse
from cueline.corpus.transcripts.conversation import Conversation, alone
from cueline.corpus.transcripts.dialect import Dialect
from cueline.corpus.transcripts.holders import is_empty
from cueline.corpus.transcripts.outline import Outline, outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.threads import Threads
from cueline.corpus.transcripts.turns import turns_of
from cueline.corpus.transcripts.usage import USAGE
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place
from cueline.io import decode
from cueline.json_schemas import SCHEMAS

Line = tuple[Place, Any]
"""A decoded line, after where it stands."""
REMEMBERED_LOOKS = 10_000
"""How many ways that records look are remembered, with the dialect of each."""


def read_records(
    path: Path, dialects: Mapping[str, Dialect], account: Account, first: Sequence[Any] = ()
) -> Iterator[Dialogue]:
    """The dialogues of a file whose records are in any of `dialects`, as soon as they are whole.

    A record goes to the first dialect that recognises it, in order; with only one dialect given it
    is that one. Messages that are records of their own go to the dialect of the `first` records.
    """
    loose = [record for record in first if outline(record).is_loose]
    home = next(iter(dialect_names(loose, dialects)), None)
    threads, stem, source = Threads(), unpacked(path).stem, path.name
    recogniser = _Recogniser(dialects, home)
    failure: CorpusError | None = None
    try:
        for place, value in _lines(path, account):
            try:
                dialect = recogniser.dialect(value, place)
                pieces = list(dialect.pieces(value, place, account))
            except CorpusError as error:
                account.skip(error)
                continue
            for piece in pieces:
                for whole in threads.add(piece):
                    yield from _dialogue(stem, source, whole, account)
    except CorpusError as error:
        failure = error
    for whole in threads.rest():
        yield from _dialogue(stem, source, whole, account)
    for reason, count in threads.left_out.items():
        account.leave_out(reason, count=count)
    if failure is not None:
        raise failure


def dialect_names(records: Sequence[Any], dialects: Mapping[str, Dialect]) -> list[str | None]:
    """The name of the first dialect that recognises each record; None where none does.

    Messages that are records of their own are one dialogue, in the first dialect that recognises
    any of them: what only the user says looks the same in several.
    """
    found = [(one, _first(one, dialects)) for one in map(outline, records)]
    loose = {name for one, name in found if one.is_loose}
    home = next((name for name in dialects if name in loose), None)
    return [home if one.is_loose and name else name for one, name in found]


def _first(record: Outline, dialects: Mapping[str, Dialect]) -> str | None:
    return next((name for name, one in dialects.items() if one.recognises(record)), None)


def read_sessions(
    path: Path,
    pieces_of: Callable[[Iterator[Line], Account], Iterator[Piece]],
    account: Account,
) -> Iterator[Dialogue]:
    """The dialogues of a file whose lines are dialogues only together.

    `pieces_of` makes them of all lines; it guards each line itself.
    """
    for number, piece in enumerate(pieces_of(_lines(path, account), account), start=1):
        yield from _dialogue(unpacked(path).stem, path.name, alone(number, piece), account)


def _lines(path: Path, account: Account) -> Iterator[Line]:
    for place, text in items(path):
        account.record()
        try:
            value = decode(text, Any, place)
        except CorpusError as error:
            account.skip(error)
        else:
            yield place, value


class _Recogniser:
    """Which dialect each record is in; records with the same keys, roles and types are in one."""

    def __init__(self, dialects: Mapping[str, Dialect], home: str | None) -> None:
        self._dialects, self._home = dialects, home
        *_, self._any = dialects.values()
        """That of a record whose list of messages is empty, which looks like no dialect."""
        self._only = next(iter(dialects.values())) if len(dialects) == 1 else None
        self._seen: dict[Hashable, str] = {}

    def dialect(self, value: Any, place: Place) -> Dialect:
        """The dialect of the record at `place`; raises `CorpusError` where it is in none."""
        if self._only is not None:
            return self._only
        record = outline(value)
        look = (record.keys, record.message_keys, record.roles, record.types, record.part_keys)
        name = self._seen.get(look)
        if name is None or not self._dialects[name].recognises(record):
            name = _first(record, self._dialects)
            if name is None and isinstance(value, dict) and is_empty(value):
                return self._any
            if name is None:
                refuse(place, f"in none of the dialects of transcripts; it has {_keys(value)}")
            if len(self._seen) < REMEMBERED_LOOKS:
                self._seen[look] = name
        return self._dialects[self._home if self._home is not None and record.is_loose else name]


def _keys(value: Any) -> str:
    if isinstance(value, dict):
        return f"the keys {', '.join(map(repr, list(value)[:8]))}" if value else "no keys"
    return "no keys, for it is no object"


def _dialogue(stem: str, source: str, whole: Conversation, account: Account) -> Iterator[Dialogue]:
    made = turns_of(whole.with_offers())
    for reason, count in made.left_out.items():
        account.leave_out(reason, whole.place, count)
    if not made.turns:
        account.leave_out(NEVER_ACTS, whole.place)
        return
    name = whole.id or f"{stem}-{whole.number}"
    meta = {"source": source, **whole.meta}
    if schemas := whole.schemas:
        meta[SCHEMAS] = schemas
    if any(made.usage):
        meta[USAGE] = msgspec.to_builtins(made.usage)
    yield Dialogue(name, tuple(made.turns), meta)
