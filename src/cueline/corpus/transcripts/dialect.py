"""A dialect of transcripts: what recognises a record and what makes pieces of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from cueline.corpus.account import Account
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place


class Dialect(Protocol):
    """What a module of a dialect offers; neither function knows files."""

    def recognises(self, record: Outline) -> bool:
        """Whether a record looks like this dialect; it never raises."""

    def pieces(self, value: Any, place: Place, account: Account) -> Iterator[Piece]:
        """What the record at `place` tells; raises `CorpusError` at what the dialect lacks."""
