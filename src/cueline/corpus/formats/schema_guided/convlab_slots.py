"""ConvLab-3 with act and slot as the action: `hotel-inform(area)`. Read when named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.convlab import read_as, recognises
from cueline.corpus.formats.schema_guided.sgd_slots import with_slot
from cueline.dialogue import Dialogue

__all__ = ["read", "recognises"]


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    return read_as(path, account or Account(), with_slot)
