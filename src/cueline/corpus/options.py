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
    of_policy: bool = False
    """Whether what is said of tables is what a policy kept: another corpus need not be a table."""
    usual: str | None = None
    """The format of files that are in it too, or in none that is recognised: what a policy learned
    from is not all that it ever reads."""

    @classmethod
    def of(cls, options: str | ReadingOptions | None) -> ReadingOptions:
        """`options`, or those that only name a format, or none."""
        return options if isinstance(options, ReadingOptions) else cls(options)

    def kept(self) -> ReadingOptions:
        """Those that say what a corpus means, which a policy keeps."""
        return replace(
            self,
            format=self.format or self.usual,
            skip_bad=False,
            of_policy=False,
            usual=None,
        )

    def preferring(self, kept: ReadingOptions) -> ReadingOptions:
        """These, and where nothing is said those that a policy `kept`."""
        return replace(
            self,
            columns=self.columns or kept.columns,
            encoding=self.encoding or kept.encoding,
            blank=self.blank or kept.blank,
            of_policy=not self.are_of_a_table,
            usual=kept.format,
        )

    def __str__(self) -> str:
        """As they are written on the command line; empty where nothing is said."""
        format = f"--format {self.format}" if self.format else ""
        return " ".join(filter(None, (format, self.of_tables)))

    @property
    def of_tables(self) -> str:
        """Those that are said of tables alone, as on the command line; empty without any."""
        said = {"encoding": self.encoding, "blank": self.blank}
        words = [f"--{name} {value}" for name, value in said.items() if value]
        return " ".join([*words, *(["--column", *self.columns] if self.columns else [])])

    @property
    def are_of_a_table(self) -> bool:
        """Whether they say something that is said of tables alone."""
        return bool(self.columns or self.encoding or self.blank)
