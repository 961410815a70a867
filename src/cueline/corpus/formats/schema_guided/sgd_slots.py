"""Schema-Guided Dialogue with act and slot as the action: `REQUEST(city)`. Read when named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.frames import Act
from cueline.corpus.formats.schema_guided.sgd import read_as, recognises
from cueline.dialogue import Dialogue

__all__ = ["read", "recognises"]


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    return read_as(path, account or Account(), with_slot)


def with_slot(act: Act) -> str:
    """The act and its slot, if it is about one."""
    return f"{act.act}({act.slot})" if act.slot else act.act
