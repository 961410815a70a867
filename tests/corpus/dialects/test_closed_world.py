"""What a dialect does not know is refused with its place; nothing that was said is dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from cueline.errors import CorpusError
from tests.corpus.damage import inside
from tests.corpus.dialects.streams import flips
from tests.corpus.dialects.test_every_dialect import as_read, each, read
from tests.corpus.dialects.writers import WRITERS

KINDS = ("type", "role", "sender", "content_type", "block_type", "run_type", "state")
"""Keys that say what a thing is."""


def with_a_hologram(records: list[Any]) -> Iterator[list[Any]]:
    """The records, each time with another thing in them of a kind that nobody knows."""
    for number, value in enumerate(inside(records)):
        for key in KINDS:
            if isinstance(value, dict) and isinstance(value.get(key), str):
                changed = deepcopy(records)
                list(inside(changed))[number][key] = "hologram"
                yield changed


@each
def test_a_thing_of_an_unknown_kind_is_refused_or_its_kind_says_nothing(dialect: str) -> None:
    writer = WRITERS[dialect]
    records = writer.records(flips(1)[0], 0)
    (dialogue,) = read(writer, writer.encoded(records))
    for changed in with_a_hologram(records):
        try:
            (found,) = read(writer, writer.encoded(changed))
        except CorpusError as error:
            assert writer.name in str(error)
        else:
            assert as_read(found.turns) == as_read(dialogue.turns), json.dumps(changed)


@each
def test_a_message_that_says_nothing_known_is_refused(dialect: str) -> None:
    writer = WRITERS[dialect]
    records = writer.records(flips(1)[0], 0)
    for changed in without_words(records):
        with pytest.raises(CorpusError):
            read(writer, writer.encoded(changed))


def without_words(records: list[Any]) -> Iterator[list[Any]]:
    """The records, each time with a key of another name where the user's words stand."""
    for number, value in enumerate(inside(records)):
        for key, word in value.items() if isinstance(value, dict) else ():
            if word == "flip" and key != "value":
                changed = deepcopy(records)
                holder = list(inside(changed))[number]
                holder["hologram"] = holder.pop(key)
                yield changed
