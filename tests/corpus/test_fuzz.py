"""Any bytes are read or refused; `benchmarks.corpora.fuzz` goes on for longer."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from benchmarks.corpora.fuzz import attempt, damaged, examples_in
from hypothesis import given, settings
from hypothesis import strategies as st

PAGES = Path(__file__).parent.parent.parent / "docs" / "formats"


@pytest.fixture(scope="module")
def examples() -> list[bytes]:
    return list(examples_in([PAGES]))


def survives(content: bytes, dice: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, dice.choice(["x.json", "x.jsonl", "x.csv", "x"]))
        path.write_bytes(content)
        attempt(path, dice)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.randoms(use_true_random=False))
def test_any_bytes_are_read_or_refused(content: bytes, dice: random.Random) -> None:
    survives(content, dice)


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
def test_damaged_examples_are_read_or_refused(examples: list[bytes], dice: random.Random) -> None:
    survives(damaged(examples, dice), dice)
