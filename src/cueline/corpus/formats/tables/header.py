"""The columns of one table, sorted by what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from cueline.corpus.formats.tables import cells
from cueline.corpus.formats.tables.columns import Columns
from cueline.corpus.formats.tables.json_cells import JSON_COLUMNS, read_cell
from cueline.corpus.formats.tables.speakers import Row, Speakers, columns_of_the_agent
from cueline.corpus.formats.tables.usual_names import COLUMNS, plain, usual_column
from cueline.dialogue import Feature
from cueline.errors import CorpusError, Place, corpus_error


class Table(NamedTuple):
    """Rows as they stand in a file; one that cannot be read is the error that says so."""

    place: Place
    names: list[str]
    rows: Iterator[tuple[Place, Row | CorpusError]]
    typed: bool = False
    """Whether cells have kinds; else all are text, and `3` is a number."""


@dataclass(slots=True)
class Header:
    """The columns of a table; raises `CorpusError` where one is missing, or could be another."""

    given: Columns
    table: Table
    first: Sequence[tuple[Place, Row]]
    """Rows from its beginning, to see who speaks and who acts."""
    role: str | None = field(init=False, default=None)
    """Who speaks, where a row is a message; None where it is a turn."""
    text: str | None = field(init=False, default=None)
    """What is said in a message, or by the user in a turn."""
    text_is_anyones: bool = field(init=False, default=False)
    """Whether a column of words is not said to be the user's, by its name or by a person."""
    system: str | None = field(init=False, default=None)
    actions: str | None = field(init=False, default=None)
    dialogue: str = field(init=False)
    turn: str | None = field(init=False)
    available: str | None = field(init=False)
    bits: dict[str, str] = field(init=False)
    """Column to the action whose bit it holds."""
    of_json: list[str] = field(init=False)
    """Those of the `JSON_COLUMNS` that are there, where a row is a turn."""
    features: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._check_names()
        names = self.table.names
        actions = {name: self.given.action(name) for name in names}
        self.bits = {name: action for name, action in actions.items() if action is not None}
        self.dialogue = self._found("dialogue") or self._missing("dialogue")
        self.turn, self.available = self._found("turn"), self._found("available")
        self._find_speech()
        self._find_actions()
        roles = (self.dialogue, self.turn, self.role, self.text, self.system)
        rows = () if self.messages else JSON_COLUMNS
        self.of_json = [name for name in rows if name in names and not self.given.drops(name)]
        known = {*roles, self.actions, self.available, *self.bits, *self.of_json}
        self.features = [
            name for name in names if name and name not in known and not self.given.drops(name)
        ]

    @property
    def messages(self) -> bool:
        """Whether a row is a message; else it is a turn."""
        return self.role is not None

    def feature_values(self, row: Row, place: Place) -> dict[str, Feature]:
        """The cells of a row that are features, but for blank ones."""
        found = ((name, row.get(name)) for name in self.features)
        if not self.table.typed:
            found = ((name, cells.untyped(cell)) for name, cell in found)
        values = ((name, cells.feature(cell, place, name)) for name, cell in found)
        return {name: value for name, value in values if value is not None}

    def words_and_calls(self, row: Row, place: Place) -> dict[str, Any]:
        """The `spans`, `arguments` and `results` of a row, as far as there are any."""
        found = {name: read_cell(name, row.get(name), place) for name in self.of_json}
        return {name.removesuffix("_json"): one for name, one in found.items() if one is not None}

    def done(self, row: Row, place: Place) -> tuple[str, ...] | None:
        """The actions of a row; None where nothing says whether there were any."""
        bits = tuple(
            action
            for column, action in self.bits.items()
            if cells.is_on(row[column], place, column)
        )
        named = None
        if self.actions is not None:
            named = cells.actions(row.get(self.actions), self.given.names, place)
        return None if named is None and not self.bits else (*(named or ()), *bits)

    def allowed(self, row: Row, place: Place) -> tuple[str, ...] | None:
        """The actions available at a row; None where all are."""
        if self.available is None:
            return None
        return cells.actions(row.get(self.available), self.given.names, place)

    def _find_speech(self) -> None:
        """Find who speaks, what is said, and what the system says."""
        given, user = self.given, self._found("user")
        asked = given.role is not None or given.text is not None
        role, text = self._found("role"), self._found("text")
        if role and text and (asked or not (given.user or given.system or user == "user")):
            self.role, self.text = role, text
        elif asked:
            self._missing("text" if given.role else "role")
        else:
            self.text, self.system = user or text, self._found("system")
            self.text_is_anyones = self.text is not None and user is None

    def _find_actions(self) -> None:
        names = self.table.names
        usual = [name for name in names if plain(name) in COLUMNS["actions"]]
        if self.given.actions or "actions" in names:
            self.actions = self.given.actions or "actions"
        elif self.role is not None and not self.bits:
            self.actions = self._of_the_agent(self.role)
        elif not self.bits:
            self.actions = usual[0] if usual else self._missing("actions")
            if len(usual) > 1:
                self._unclear("actions", usual)

    def _of_the_agent(self, role: str) -> str:
        """The column that only the agent's rows fill in, one with a usual name if there is one."""
        known = {self.dialogue, self.turn, role, self.text, self.available, ""}
        others = [n for n in self.table.names if n not in known and not self.given.drops(n)]
        found = columns_of_the_agent(others, Speakers(self.given, role), self.first)
        if usual := usual_column("actions", found) or usual_column("actions", others):
            return usual
        if len(found) > 1:
            self._unclear("actions", found)
        return found[0] if found else self._missing("actions")

    def _found(self, role: str) -> str | None:
        return getattr(self.given, role) or usual_column(role, self.table.names)

    def _missing(self, role: str) -> NoReturn:
        what = f"no column for `{role}`; name it, --column {role}=COLUMN; {self._all()}"
        raise corpus_error(self.table.place, what)

    def _unclear(self, role: str, columns: Sequence[str]) -> NoReturn:
        each = ", ".join(f"`{name}`" for name in columns)
        what = f"{each} could each be `{role}`; name the right one, --column {role}=COLUMN"
        raise corpus_error(self.table.place, what)

    def _check_names(self) -> None:
        """Each column that the user names is there, and no two have one name."""
        names = self.table.names
        for name in self.given.named:
            if name not in names:
                raise corpus_error(self.table.place, f"no column {name!r}; {self._all()}")
        double = next((name for name in names if name and names.count(name) > 1), None)
        if double is not None:
            raise corpus_error(self.table.place, f"two columns are called {double!r}; rename one")

    def _all(self) -> str:
        return f"the columns are {', '.join(filter(None, self.table.names))}"
