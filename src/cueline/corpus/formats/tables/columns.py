"""Which column of a table is what: as the user names it, else by the names that are usual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from cueline.corpus.formats.tables.usual_names import COLUMNS, usual_column
from cueline.errors import CorpusError

_LISTS = ("names", "drop", "agent", "customer")
_SINGLE = ("dialogue", "turn", "role", "text", "user", "system", "actions", "available")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the user says of the columns; a column that is not named is found, or a feature."""

    dialogue: str | None = None
    turn: str | None = None
    """What rows are in the order of: a number or a time."""
    role: str | None = None
    """Who speaks, where a row is a message."""
    text: str | None = None
    """What they say, where a row is a message."""
    user: str | None = None
    """What the user said, where a row is a turn."""
    system: str | None = None
    actions: str | None = None
    available: str | None = None
    agent: tuple[str, ...] = ()
    """The speakers that are the system; without them, those with a usual name, or all others."""
    customer: tuple[str, ...] = ()
    """The speakers that are the user."""
    bits: str = "action:*"
    """The columns that hold one bit each; what stands for `*` is the name of the action."""
    names: tuple[str, ...] = ()
    """The names of the bits, where `actions` is a list of 0 and 1; else `action_0`, `action_1`."""
    drop: tuple[str, ...] = ()
    """Columns that are no features; `*` in a name stands for anything."""

    @classmethod
    def parse(cls, given: Iterable[str]) -> Columns:
        """Columns from `role=column`, as on the command line; raises `CorpusError`."""
        roles = [role.name for role in fields(cls)]
        found: dict[str, Any] = {}
        for item in given:
            role, equals, column = item.partition("=")
            if role not in roles or not equals or not column:
                known = ", ".join(roles)
                raise CorpusError(f"{item!r} is not role=column; the roles are {known}")
            if role in _LISTS:
                found[role] = (*found.get(role, ()), *column.split(","))
            elif role in found:
                raise CorpusError(f"{item!r}: {role} is {found[role]!r} already; name it once")
            else:
                found[role] = column
        if {"role", "text"} & found.keys() and {"user", "system"} & found.keys():
            raise CorpusError(
                "role= and text= are for tables of a message a row, user= and system= for those of "
                "a turn a row; name those of one kind"
            )
        return cls(**found)

    def action(self, column: str) -> str | None:
        """The action whose bit `column` holds; None if it holds none."""
        before, star, after = self.bits.partition("*")
        whole = len(column) > len(before) + len(after)
        if star and whole and column.startswith(before) and column.endswith(after):
            return column[len(before) : len(column) - len(after)]
        return None

    @property
    def named(self) -> list[str]:
        """The columns that must be there, since the user names them."""
        single = [name for name in (getattr(self, role) for role in _SINGLE) if name]
        return [*single, *(name for name in self.drop if not set(name) & set("*?["))]

    def drops(self, column: str) -> bool:
        """Whether `column` is no feature by the user's word."""
        return any(fnmatchcase(column, name) for name in self.drop)


DEFAULT = Columns()


def is_table(names: Sequence[str]) -> bool:
    """Whether columns of these names are a table of dialogues, as far as names go."""
    columns = list(names)
    found = {role for role in COLUMNS if usual_column(role, columns)}
    bits = any(map(DEFAULT.action, columns))
    return "dialogue" in found and (bits or "actions" in found or {"role", "text"} <= found)
