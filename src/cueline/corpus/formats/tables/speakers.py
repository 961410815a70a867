"""Who speaks in a row: the agent, whose actions are learned, or the customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cueline.corpus.formats.tables import cells
from cueline.corpus.formats.tables.columns import Columns
from cueline.corpus.formats.tables.usual_names import Side, plain, usual_side
from cueline.errors import Place, corpus_error

Row = Mapping[str, Any]
MOST_SPEAKERS = 8
"""Values of a column that may be speakers; a column of more says something else."""
LEAST_ROWS = 2
"""Rows on each side from which a column is seen to tell acting rows from idle ones."""
_NO_ACTION = ("id", "name", "email", "at", "time", "date", "url", "version", "model")
"""Last words of columns that say who the agent is or when, not what it does."""


class Speakers:
    """The side of each speaker, as the user says, else as their names are usual."""

    def __init__(self, given: Columns, role: str) -> None:
        self.role = role
        self.agent = {name.strip().casefold() for name in given.agent}
        self.customer = {name.strip().casefold() for name in given.customer}
        self._machine: str | None = None
        self._person: str | None = None

    def side(self, cell: Any, place: Place) -> Side:
        """The side of the speaker in a cell; raises `CorpusError` where it is not known."""
        if cells.is_blank(cell):
            raise corpus_error(place, f"`{self.role}` is blank; say who speaks in this row")
        name = str(cell).strip()
        side = usual_side(name)
        if self.agent or self.customer:
            return self._as_said(name.casefold(), side)
        if side is None:
            what = f"`{self.role}` is {name!r}, which is no usual name of a speaker"
            raise corpus_error(place, f"{what}; say who is the agent, --column agent=NAME")
        if side == "agent":
            self._check_one_agent(name, place)
        return side

    def _as_said(self, name: str, usual: Side | None) -> Side:
        """With one side named all others are the other side, but for whom a usual name says it.

        Another agent than the one named is neither, and so is another customer.
        """
        if name in self.agent:
            return "agent"
        if name in self.customer:
            return "customer"
        if self.agent and self.customer:
            return "neither"
        named: Side = "agent" if self.agent else "customer"
        other: Side = "customer" if self.agent else "agent"
        return "neither" if usual in (named, "neither") else other

    def _check_one_agent(self, name: str, place: Place) -> None:
        """A `system` beside an agent may be a part of the agent, or only tell what happens."""
        if plain(name) in ("system", "sys"):
            self._machine = name
        else:
            self._person = self._person or name
        if self._machine and self._person:
            raise corpus_error(
                place,
                f"`{self.role}` is {self._machine!r} here and {self._person!r} there; say who is "
                f"the agent, --column agent={self._person} (the other is left out) or "
                f"agent={self._person},{self._machine}",
            )


def columns_of_the_agent(
    columns: Iterable[str], speakers: Speakers, rows: Sequence[tuple[Place, Row]]
) -> list[str]:
    """The `columns` that rows of the agent fill in and those of the customer never do."""
    sides = [(speakers.side(row.get(speakers.role), place), row) for place, row in rows]
    found = []
    for name in columns:
        filled = {side for side, row in sides if not cells.is_blank(row.get(name))}
        last = plain(name).rpartition("_")[2]
        if "agent" in filled and "customer" not in filled and last not in _NO_ACTION:
            found.append(name)
    return found


def column_of_speakers(
    columns: Iterable[str], rows: Sequence[tuple[Row, bool]], sure: bool
) -> str | None:
    """The column that tells the rows that act from those that do not: each row is a message.

    `rows` come with whether their cell of actions is filled in. Where the user is `sure` of what a
    blank one means, only the usual names of speakers tell.
    """
    for name in columns:
        acts: dict[str, list[bool]] = defaultdict(list)
        for row, acting in rows:
            if not cells.is_blank(cell := row.get(name)):
                acts[str(cell).strip()].append(acting)
        if 2 <= len(acts) <= MOST_SPEAKERS and _tells(acts, sure):
            return name
    return None


def _tells(acts: Mapping[str, list[bool]], sure: bool) -> bool:
    """Whether some values never act, all actions are beside the others, and it is no chance."""
    idle = [value for value, seen in acts.items() if not any(seen)]
    busy = [value for value in acts if value not in idle]
    if not idle or not busy:
        return False
    if {*map(usual_side, idle)} == {"customer"} and {*map(usual_side, busy)} == {"agent"}:
        return True
    always = all(all(acts[value]) for value in busy)
    rows = [sum(len(acts[value]) for value in side) for side in (idle, busy)]
    return not sure and always and min(rows) >= max(LEAST_ROWS, sum(rows) // 5)
