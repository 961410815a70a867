"""How files are read as dialogues, where recognising them is not enough."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

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
    usual: str | None = None
    """The format of files that are in it too, or in none that is recognised: what a policy learned
    from is not all that it ever reads."""

    def kept(self) -> ReadingOptions:
        """Those that say what a corpus means, which a policy keeps."""
        return replace(self, format=self.format or self.usual, skip_bad=False, usual=None)

    @property
    def are_of_a_table(self) -> bool:
        """Whether they say something that is said of tables alone."""
        return bool(self.columns or self.encoding or self.blank)
