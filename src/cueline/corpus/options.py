"""How files are read as dialogues, where recognising them is not enough."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Blank = Literal["none", "skip", "respond"]
"""What a blank cell of actions says: nothing was done, nobody labelled it, or words were said."""


class ReadingOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A policy keeps them, so that it is evaluated and trained further on the same reading."""

    format: str | None = None
    """The format's name; None where each file is recognised."""
    columns: tuple[str, ...] = ()
    """What the columns of tables are, each `role=column`."""
    encoding: str | None = None
    """The encoding of tables that do not say theirs; None is UTF-8."""
    blank: Blank | None = None
    """What a blank cell of actions says in tables; None asks where it matters."""
    skip_bad: bool = False
    """Whether records that cannot be read are counted and left out."""

    @property
    def are_of_a_table(self) -> bool:
        """Whether they say something that is said of tables alone."""
        return bool(self.columns or self.encoding or self.blank)
