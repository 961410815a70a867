"""Rows of a table to dialogues, one dialogue's rows at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from cueline.corpus.account import Account
from cueline.corpus.formats.tables import cells
from cueline.corpus.formats.tables.columns import Columns
from cueline.corpus.formats.tables.header import Header, Table
from cueline.corpus.formats.tables.speakers import Row, column_of_speakers
from cueline.corpus.formats.tables.turns import Fold
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError, Place, corpus_error

MAX_SAMPLE = 1000
"""Rows from the beginning of a table by which its columns are recognised."""
REMEMBERED = 10_000
"""Dialogues that ended last; if one of them goes on, the rows are not in order."""
NO_TURN = "dialogues without a turn to learn from"


class _Group(NamedTuple):
    """The rows of a dialogue, and why they cannot all be read."""

    name: str
    rows: list[tuple[Place, Row]]
    errors: list[CorpusError]


def dialogues(path: Path, table: Table, account: Account) -> Iterator[Dialogue]:
    """The dialogues of `table`; raises `CorpusError` where a row cannot be read.

    Where the account goes on past it, a dialogue with such a row is left out as a whole, so that no
    history has a hole.
    """
    options = account.options
    account.tables += 1
    first = list(islice(table.rows, MAX_SAMPLE))
    whole = [(place, row) for place, row in first if not isinstance(row, CorpusError)]
    header = Header(Columns.parse(options.columns), table, whole)
    if "" in table.names:
        account.ignore("columns without a name", table.place)
    _check_speakers(header, whole, sure=options.blank is not None)
    for group in _groups(header, chain(first, table.rows), account):
        turns = list[Turn]()
        with account.guard():
            if group.errors:
                raise group.errors[0]
            fold = Fold(header, options.blank, account)
            turns = fold.messages(group.rows) if header.messages else fold.rows(group.rows)
        if turns:
            yield Dialogue(group.name, tuple(turns), {"source": path.name})
        elif group.rows:
            account.leave_out(NO_TURN, group.rows[0][0])


def _groups(
    header: Header, rows: Iterator[tuple[Place, Row | CorpusError]], account: Account
) -> Iterator[_Group]:
    """The rows of one dialogue after another; a broken row may belong to either neighbour."""
    ended: OrderedDict[str, None] = OrderedDict()
    group = _Group("", [], [])
    loose: list[CorpusError] = []
    last: Any = None
    for place, row in rows:
        account.record()
        name = row if isinstance(row, CorpusError) else _name(row.get(header.dialogue), place)
        if isinstance(name, CorpusError):
            loose.append(name)
            continue
        assert not isinstance(row, CorpusError)
        group.errors.extend(loose)
        if name != group.name:
            if group.rows:
                yield group
                ended[group.name] = None
                if len(ended) > REMEMBERED:
                    ended.popitem(last=False)
            group, last = _Group(name, [], loose), None
            if name in ended:
                what = f"dialogue {name!r} goes on after another one; sort by dialogue, then turn"
                group.errors.append(corpus_error(place, what))
        loose = []
        group.rows.append((place, row))
        moment = cells.moment(row.get(header.turn)) if header.turn else None
        if not _follows(last, moment, header.messages):
            what = f"turn {moment} follows turn {last}; sort by dialogue, turn"
            group.errors.append(corpus_error(place, what))
        last = moment
    group.errors.extend(loose)
    if group.rows or group.errors:
        yield group


def _name(cell: Any, place: Place) -> str | CorpusError:
    if cells.is_blank(cell):
        return corpus_error(place, "a row without a dialogue; fill the cell, or remove the row")
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def _follows(last: Any, moment: Any, messages: bool) -> bool:
    """Whether a row comes after another; messages may share a turn or a second."""
    if last is None or moment is None or type(last) is not type(moment):
        return True
    try:
        return bool(last < moment or (last == moment and (messages or not _is_number(last))))
    except TypeError:  # times with a zone and without
        return True


def _is_number(moment: Any) -> bool:
    return isinstance(moment, float)


def _check_speakers(header: Header, rows: list[tuple[Place, Row]], sure: bool) -> None:
    """Raise where a row of a table of turns is a message: the reply would be read as heard."""
    if header.messages:
        return
    labelled = [(row, header.done(row, place) is not None) for place, row in rows]
    name = column_of_speakers(header.features, labelled, sure)
    if name is not None:
        what = (
            f"`{name}` tells rows with actions from rows without: is a row a message? Then say "
            f"--column role={name} text={header.text or 'COLUMN'}; if not, --column drop={name}"
        )
        raise corpus_error(header.table.place, what)
