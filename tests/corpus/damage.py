"""Valid bytes, damaged: what a reader must either read or refuse with a `CorpusError`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from cueline.corpus.account import Account
from cueline.corpus.registry import Format
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """`valid` with some stretches replaced, doubled, removed or cut off."""
    content = valid
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 20)))
        piece = draw(
            st.sampled_from(
                [
                    b"",
                    b"\n",
                    b"\t",
                    b'"',
                    b"{",
                    b"}",
                    b"[",
                    b"]",
                    b"\\",
                    b"\xff",
                    b"\x00",
                    b"9" * 30,
                ]
            )
            | st.just(content[start:end] * 2)
            | st.binary(max_size=4)
        )
        content = content[:start] + piece + (b"" if draw(st.booleans()) else content[end:])
    return content


OTHERS = (None, True, 0, -1.5, "", "x", [], {}, [[]], [{}], {"a": [1]})
"""Values of every kind, to stand where another is expected."""


@st.composite
def misshapen(draw: st.DrawFn, records: list[Any]) -> list[Any]:
    """The records, of JSON, with some values in them replaced by others."""
    found: list[Any] = json.loads(json.dumps(records))
    for _ in range(draw(st.integers(1, 3))):
        holders = [(holder, key) for holder in inside(found) for key in keys_of(holder)]
        if holders:
            holder, key = draw(st.sampled_from(holders))
            holder[key] = deepcopy(draw(st.sampled_from(OTHERS)))
    return found


def inside(value: Any) -> Iterator[Any]:
    """The lists and objects in a value, itself too."""
    if isinstance(value, list | dict):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from inside(inner)


def keys_of(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def read_bytes(
    format: Format, content: bytes, name: str, account: Account | None = None
) -> list[Dialogue]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        return list(format.read(path, account))


def recognised(format: Format, content: bytes | str, name: str = "corpus") -> bool:
    """Whether `format` recognises a file with this content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return format.recognises(Sample(path))


def survives(format: Format, content: bytes, name: str) -> None:
    """Reading gives whole dialogues, or one clear line that says which file."""
    try:
        for dialogue in read_bytes(format, content, name):
            assert dialogue.id
            assert dialogue.turns
            assert all(turn.actions is not None and all(turn.actions) for turn in dialogue.turns)
    except CorpusError as error:
        assert name in str(error)
        assert "\n" not in str(error)


def refusal(format: Format, content: bytes, name: str) -> str:
    """What is said of a file that is refused, from its name on."""
    with pytest.raises(CorpusError) as caught:
        read_bytes(format, content, name)
    message = str(caught.value)
    return message[message.index(name) :]


def until_error(dialogues: Iterator[Dialogue]) -> tuple[int, CorpusError]:
    """How many dialogues come before the error, and the error."""
    count = 0
    try:
        for _ in dialogues:
            count += 1
    except CorpusError as error:
        return count, error
    raise AssertionError("no error")
