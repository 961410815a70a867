"""The options of every command that reads a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cueline.corpus.files import path_of
from cueline.corpus.options import Blank, ReadingOptions

if TYPE_CHECKING:
    from cyclopts import Token

    from cueline.types import Map


Many = Parameter(consume_multiple=True)
"""Takes several values after one option."""


def _named(_: object, tokens: Sequence[Token]) -> Path:
    return path_of(tokens[0].value)


class _AsNamed:
    """Lets `_named` alone say what a corpus is.

    Where pydantic is loaded, cyclopts asks that too, and to pydantic a URL is no `Path`.
    """

    def __get_pydantic_core_schema__(self, *_: object) -> dict[str, str]:
        return {"type": "any"}


CorpusPath = Annotated[Path, Parameter(converter=_named), _AsNamed()]
"""A file, a folder, a pattern such as `shards/*.jsonl`, or a URL of one of these."""


@Parameter(name="*")
@dataclass(frozen=True)
class Reading:
    """How corpora are read.

    Parameters
    ----------
    format
        The format of the corpora, where it is not recognised, or another view: `sgd-slots`.
    column
        What a column of a table is, ROLE=COLUMN, such as `actions=next_step`.
    encoding
        The encoding of tables that are not in UTF-8 and do not say theirs.
    blank
        What a blank cell of actions says in a table: nothing was done, nobody labelled it, or the
        system only answered in words.
    skip_bad
        Leave out what cannot be read, and count it, where else the command would end.
    """

    format: str | None = None
    column: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = ()
    encoding: str | None = None
    blank: Blank | None = None
    skip_bad: Annotated[bool, Parameter(negative=())] = False

    def options(self) -> ReadingOptions:
        """The options as the reader of corpora takes them; raises `CorpusError`."""
        from cueline.corpus.formats.tables.columns import Columns

        Columns.parse(self.column)
        return ReadingOptions(self.format, self.column, self.encoding, self.blank, self.skip_bad)


DEFAULT = Reading()


@contextmanager
def spread(ray: str | None) -> Iterator[Map]:
    """What goes through parts of a corpus: on the cluster at an address, or `map` without one."""
    if ray is None:
        yield map
        return
    from cueline.cluster import ray_map

    with ray_map(ray) as mapped:
        yield mapped
