"""Which column of a table is what, and what its cells say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from itertools import compress
from typing import Any

import msgspec

from cueline.dialogue import Feature, Turn
from cueline.errors import CorpusError, Place, corpus_error

_SEPARATORS = str.maketrans(";|", ",,")


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns; those that are not named here are features."""

    dialogue: str = "dialogue"
    turn: str = "turn"
    user: str = "user"
    system: str = "system"
    actions: str = "actions"
    available: str = "available"
    bits: str = "action:*"
    """The columns that hold one bit each; what stands for `*` is the name of the action."""
    names: tuple[str, ...] = ()
    """The names of the bits, where `actions` is a list of 0 and 1; else `action_0`, `action_1`."""
    drop: tuple[str, ...] = ()
    """Columns that are no features; `*` in a name stands for anything."""

    @classmethod
    def named(cls, given: Iterable[str]) -> Columns:
        """Columns from `role=column`, as on the command line; raises `CorpusError`."""
        roles = {role.name: role for role in fields(cls)}
        found: dict[str, Any] = {}
        for item in given:
            role, equals, column = item.partition("=")
            if role not in roles or not equals or not column:
                known = ", ".join(roles)
                raise CorpusError(f"{item!r} is not role=column; the roles are {known}")
            several = role in ("names", "drop")
            found[role] = (*found.get(role, ()), *column.split(",")) if several else column
        return cls(**found)

    def action(self, column: str) -> str | None:
        """The action whose bit `column` holds; None if it holds none."""
        before, star, after = self.bits.partition("*")
        whole = len(column) > len(before) + len(after)
        if star and whole and column.startswith(before) and column.endswith(after):
            return column[len(before) : len(column) - len(after)]
        return None


@dataclass(slots=True)
class Header:
    """The columns of one table, sorted by what they are."""

    columns: Columns
    names: list[str]
    place: Place
    typed: bool = False
    """Whether cells have kinds; else all are text, and `3` is a number."""
    bits: dict[str, str] = field(init=False)
    features: list[str] = field(init=False)

    def __post_init__(self) -> None:
        columns = self.columns
        actions = {name: columns.action(name) for name in self.names}
        self.bits = {name: action for name, action in actions.items() if action is not None}
        roles = (columns.dialogue, columns.turn, columns.user, columns.system)
        known = {*roles, columns.actions, columns.available, *self.bits}
        self.features = [
            name
            for name in self.names
            if name and name not in known and not any(fnmatchcase(name, d) for d in columns.drop)
        ]
        self._need("dialogue", columns.dialogue in self.names)
        self._need("actions", columns.actions in self.names or bool(self.bits))

    def _need(self, role: str, there: bool) -> None:
        if not there:
            names = ", ".join(self.names)
            what = f"no column for `{role}`; name it, {role}=COLUMN; the columns are {names}"
            raise corpus_error(self.place, what)

    def turn(self, row: Mapping[str, Any], place: Place) -> Turn:
        """The turn that a row tells."""
        columns = self.columns
        cells = ((name, row.get(name)) for name in self.features)
        if not self.typed:
            cells = ((name, untyped(cell)) for name, cell in cells)
        features = ((name, feature(cell, place, name)) for name, cell in cells)
        return Turn(
            _text(row.get(columns.user)),
            {name: value for name, value in features if value is not None},
            self._available(row, place),
            self._actions(row, place),
            _text(row.get(columns.system)),
        )

    def _available(self, row: Mapping[str, Any], place: Place) -> tuple[str, ...] | None:
        cell = row.get(self.columns.available)
        return None if cell is None or cell == "" else names(cell, self.columns.names, place)

    def _actions(self, row: Mapping[str, Any], place: Place) -> tuple[str, ...]:
        bits = tuple(a for column, a in self.bits.items() if _is_on(row[column], place, column))
        return (*names(row.get(self.columns.actions), self.columns.names, place), *bits)


def names(cell: Any, of_bits: tuple[str, ...], place: Place) -> tuple[str, ...]:
    """Actions in a cell: a list of names, or of 0 and 1, or text with `,`, `;` or `|` between."""
    value = _listed(cell)
    if value is None:
        parts = str(cell).translate(_SEPARATORS).split(",") if cell is not None else ()
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if value and all(bit in (0, 1) and not isinstance(bit, str) for bit in value):
        of_bits = of_bits or tuple(f"action_{bit}" for bit in range(len(value)))
        if len(of_bits) != len(value):
            raise corpus_error(place, f"{len(value)} bits, but {len(of_bits)} names for them")
        return tuple(compress(of_bits, value))
    if not all(isinstance(name, str) and name for name in value):
        raise corpus_error(place, f"expected names of actions, or bits, not {cell}")
    return tuple(dict.fromkeys(value))


def feature(cell: Any, place: Place, column: str) -> Feature | None:
    """What a cell says: a truth value, a number, names, or a category; None if it is empty."""
    match cell:
        case None | "":
            return None
        case bool() | int():
            return cell
        case float():
            return cell if math.isfinite(cell) else None
    value = _listed(cell)
    if value is None:
        return str(cell)
    if not all(isinstance(name, str) for name in value):
        raise corpus_error(place, f"{column}: expected names in a list, not {cell}")
    return tuple(value)


def _listed(cell: Any) -> list[Any] | None:
    """The list in a cell, None if there is none."""
    if isinstance(cell, str) and cell.startswith("[") and cell.endswith("]"):
        try:
            return msgspec.json.decode(cell, type=list[Any])
        except (msgspec.DecodeError, RecursionError):
            return None
    return cell if isinstance(cell, list) else None


def untyped(cell: str | None) -> str | bool | int | float | None:
    """A cell of text as the truth value or the number that it looks like, or as it is."""
    if cell is None:
        return None
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def _is_on(cell: Any, place: Place, column: str) -> bool:
    match cell:
        case None | "" | 0 | False | "0" | "false" | "False" | "0.0":
            return False
        case 1 | True | "1" | "true" | "True" | "1.0":
            return True
    raise corpus_error(place, f"{column}: expected a bit, 0 or 1, not {cell!r}")


def _text(cell: Any) -> str | None:
    return None if cell is None or cell == "" else str(cell)
