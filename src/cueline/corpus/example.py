"""The corpus that comes with Cueline: the desk of a small online shop."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cueline.corpus.sources import Corpus, load


def example(part: Literal["train", "valid", "test"] = "train") -> Corpus:
    """A part of the example corpus: 300 dialogues to learn from, 60 to stop by, 80 to judge on.

    Customers ask where an order is, send it back, swap it, move a delivery, cancel, or complain.
    """
    return load(example_folder() / f"{part}.jsonl")


def example_folder() -> Path:
    """Where its files are: in the package; in a checkout, in `examples`."""
    package = Path(__file__).parents[1]
    installed = package / "example"
    return installed if installed.is_dir() else package.parents[1] / "examples"
