"""`sgd` with service calls: each is a turn of its own, and what it returns is known at the next.

    find me a place in San Jose     FindRestaurants(city="San Jose")
    (null)                          OFFER     "Sino is nice."

The slim form tells of no calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided import sgd
from cueline.corpus.formats.schema_guided.acts import read_each, without_slot
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import Place


def recognises(sample: Sample) -> bool:
    """Whether `sgd` does."""
    return sgd.recognises(sample)


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; acts and methods are actions."""
    account = account or Account()

    def made(text: bytes, place: Place) -> Dialogue:
        return sgd.dialogue(sgd.record_of(text, place), without_slot, place, account, calls=True)

    return read_each(path, account, made)
