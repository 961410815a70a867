"""What a lesson is made of: steps, each with the ways to do it side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a step: what a Keras user writes, what comes of it, and what it loses.

    `numbers` are the real ones, a row for each of `rows`. *Shape:* (rows, columns).
    """

    code: str
    gives: str
    rows: tuple[str, ...] = ()
    numbers: Numbers = field(default_factory=lambda: np.zeros((0, 0)))
    weights: tuple[tuple[int, ...], ...] = ()
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, the ways to do it, and what their numbers show."""

    title: str
    says: str
    ways: tuple[Way, ...] = ()
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The steps that one dialogue was walked through."""

    dialogue: Dialogue
    actions: tuple[str, ...]
    steps: tuple[Step, ...]


def shape(array: Numbers, axes: str) -> str:
    """The shape of `array`, with what each axis counts."""
    return f"{tuple(array.shape)} {axes}"


def numbered(array: Numbers) -> tuple[str, ...]:
    """Names of the rows of an array with a row for each turn."""
    return tuple(f"turn{number:>3}" for number in range(len(array)))


def gap(first: Numbers, second: Numbers) -> str:
    """The largest difference between two arrays; below the rounding of a float32 it is 0."""
    return amount(float(np.abs(first - second).max(initial=0)))


def amount(size: float) -> str:
    """A size in few characters; below the rounding of a float32 it is 0."""
    return "0" if size < ROUNDING else f"{size:.3f}" if size >= 0.0005 else f"{size:.0e}"


ROUNDING = 2e-6
"""What two ways to compute the same float32 may differ by."""
