"""A dataset written in chunks and opened from its files is the one that is built in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import build, in_chunks
from cueline.dataset.slicing import drawn, joined, take
from cueline.dataset.storage.mmap_dataset import (
    HEADERS,
    IncompleteError,
    open_dataset,
    write_dataset,
)
from cueline.dialogue import Dialogue
from cueline.features import Featurizer
from cueline.settings import FeatureSettings
from tests.policies import corpus, dialogues

FEATURIZER = Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]})
corpora = st.lists(dialogues, max_size=8)


def dataset(some: list[Dialogue]) -> Dataset:
    return build(some, FEATURIZER, ActionSpace(FEATURIZER.actions))


def arrays(part: Any) -> Iterator[np.ndarray[Any, Any]]:
    """All arrays of a dataset, in the order of its fields."""
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from arrays(value)
        elif isinstance(value, np.ndarray):
            yield value


def equal(one: Dataset, other: Dataset) -> bool:
    pairs = list(zip(arrays(one), arrays(other), strict=True))
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@contextmanager
def filed(some: list[Dialogue], turns: int = 3) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder, "dataset"), map(dataset, in_chunks(some, turns)))
        yield Path(folder, "dataset")


@given(corpora, st.integers(1, 20))
@settings(max_examples=20)  # each waits for the disk
def test_in_chunks_and_from_files_it_is_the_same(some: list[Dialogue], turns: int) -> None:
    with filed(some, turns) as folder:
        opened = open_dataset(folder)
        assert equal(opened, dataset(some))
        opened.release()
        assert equal(opened, dataset(some))  # what was given back is read again
    assert equal(opened, dataset(some))  # and stays good when the files are gone


@given(corpora, st.integers(1, 20))
def test_chunks_are_all_dialogues_in_order(some: list[Dialogue], turns: int) -> None:
    chunks = list(in_chunks(iter(some), turns))
    assert [dialogue for chunk in chunks for dialogue in chunk] == some
    assert all(sum(len(d.turns) for d in chunk) >= turns for chunk in chunks[:-1])
    assert all(sum(len(d.turns) for d in chunk[:-1]) < turns for chunk in chunks)
    assert len(chunks) >= 1


@given(st.lists(dialogues, min_size=1, max_size=8), st.data())
@settings(max_examples=20)
def test_dialogues_taken_from_files_are_those_taken_from_memory(
    some: list[Dialogue], data: st.DataObject
) -> None:
    order = np.array(data.draw(st.lists(st.integers(0, len(some) - 1), max_size=9)), np.int64)
    with filed(some) as folder:
        assert equal(take(open_dataset(folder), order), take(dataset(some), order))


def test_more_dialogues_than_are_taken_at_once() -> None:
    some = [replace(corpus()[n % 3], id=str(n)) for n in range(250)]
    order = np.random.default_rng(0).permutation(250)
    taken = take(dataset(some), order)
    assert taken.lengths.tolist() == dataset(some).lengths[order].tolist()
    assert len(taken.utterances) == len(dataset(some).utterances)


def test_nothing_can_be_written_into_it() -> None:
    with filed(corpus()) as folder:
        opened = open_dataset(folder)
    with pytest.raises(ValueError, match="read-only"):
        opened.turns.values[0] = 1


def test_beside_nothing_a_table_is_not_copied() -> None:
    with filed(corpus()) as folder:
        opened = open_dataset(folder)
    assert joined([dataset([]), opened, dataset([])]) is opened
    assert len(joined([dataset([]), dataset([])]).lengths) == 0


@given(st.lists(dialogues, min_size=1, max_size=8), st.integers(0, 40), st.integers(0, 9))
def test_drawn_are_whole_dialogues_and_no_more_than_asked_for(
    some: list[Dialogue], turns: int, seed: int
) -> None:
    whole = dataset(some)
    few = drawn(whole, turns, np.random.default_rng(seed))
    assert len(few.lengths) >= 1
    assert few.dialogues[-1] <= turns or len(few.lengths) == 1
    assert (few is whole) == (whole.dialogues[-1] <= turns)
    assert equal(few, drawn(whole, turns, np.random.default_rng(seed)))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("harm", [cut, grow, Path.unlink])
@pytest.mark.parametrize("name", ["turns.values", "dialogues.starts", "masks", HEADERS])
def test_what_is_not_whole_is_not_opened(name: str, harm: Any) -> None:
    with filed(corpus()) as folder:
        harm(folder / name)
        with pytest.raises(IncompleteError):
            open_dataset(folder)


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"masks": 3}', b"\xff", b'{"x": {}}'])
def test_what_something_else_wrote_is_not_opened(said: bytes) -> None:
    with filed(corpus()) as folder:
        (folder / HEADERS).write_bytes(said)
        with pytest.raises(IncompleteError):
            open_dataset(folder)
    with pytest.raises(IncompleteError):
        open_dataset(folder)
