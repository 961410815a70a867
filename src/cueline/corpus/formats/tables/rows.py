"""Rows of a table to dialogues: a row a turn, the rows of a dialogue one after another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cueline.corpus.formats.tables.columns import Header
from cueline.dialogue import Dialogue, Turn
from cueline.errors import Place, corpus_error

REMEMBERED = 10_000
"""Dialogues that ended last; if one of them goes on, the rows are not in order."""

Row = Mapping[str, Any]


def dialogues(path: Path, header: Header, rows: Iterable[tuple[Place, Row]]) -> Iterator[Dialogue]:
    """The dialogues that `rows` tell; raises `CorpusError` where they are not in order."""
    ended: OrderedDict[str, None] = OrderedDict()
    name, turns, last = "", list[Turn](), None
    for place, row in rows:
        found = _name(row.get(header.columns.dialogue), place)
        if found != name:
            if turns:
                yield Dialogue(name, tuple(turns), {"source": path.name})
            ended[name] = None
            if len(ended) > REMEMBERED:
                ended.popitem(last=False)
            if found in ended:
                what = f"dialogue {found!r} goes on after another one; sort by dialogue, then turn"
                raise corpus_error(place, what)
            name, turns, last = found, [], None
        number = _order(row.get(header.columns.turn))
        if last is not None and number is not None and not _follows(last, number):
            raise corpus_error(place, f"turn {number} follows turn {last}; sort by dialogue, turn")
        last = number
        turns.append(header.turn(row, place))
    if turns:
        yield Dialogue(name, tuple(turns), {"source": path.name})


def _name(cell: Any, place: Place) -> str:
    if cell is None or cell == "":
        raise corpus_error(place, "a row without a dialogue; fill the cell, or remove the row")
    return str(cell)


def _order(cell: Any) -> Any:
    """What turns are ordered by: a number, else the cell as it is (a time, say)."""
    if not isinstance(cell, str):
        return cell
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell


def _follows(last: Any, number: Any) -> bool:
    return type(last) is not type(number) or bool(last < number)
