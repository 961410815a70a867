"""ConvLab-3 with act and slot as the action: `hotel-inform(area)`. Read when named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.formats.schema_guided.convlab import read_as, recognises
from cueline.corpus.formats.schema_guided.sgd_slots import with_slot
from cueline.dialogue import Dialogue

__all__ = ["read", "recognises"]


def read(path: Path) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time."""
    return read_as(path, with_slot)
