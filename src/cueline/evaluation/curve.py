"""A learning curve: how good policies became with how many dialogues, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from cueline import io
from cueline.errors import CuelineError
from cueline.io import replacing


class CurvePoint(Struct, frozen=True, kw_only=True):
    """A policy trained on a share of the dialogues, and its figures."""

    share: float
    """Share of the dialogues."""
    dialogues: int
    turns: int
    exact: float
    dialogue_accuracy: float
    micro_f1: float
    macro_f1: float
    intervals: Mapping[str, tuple[float, float]]
    """95 % intervals of the figures above, by resampling the test dialogues."""
    free_running: float | None
    """Share of turns that are right when the policy is left to itself."""
    linear: float | None
    """Share of turns that are right by the baseline that sees one turn alone."""


class Curve(Struct, frozen=True, kw_only=True):
    """The sizes done so far, the smallest first."""

    run: str
    """A hash of what the figures depend on: dialogues and settings."""
    points: list[CurvePoint] = []

    @classmethod
    def load(cls, path: Path) -> Curve:
        """The curve in a file. Raises `CuelineError` with the place of what is wrong in it."""
        return io.read(path, cls, CuelineError)

    @classmethod
    def read(cls, path: Path, run: str) -> Curve:
        """The curve of that run so far; without points where the file is of another, or is not."""
        if not path.exists():
            return cls(run=run)
        kept = cls.load(path)
        return kept if kept.run == run else cls(run=run)

    def missing(self, halvings: int) -> list[float]:
        """The shares not done yet of the whole halved so often, ..., once, and the whole."""
        done = {point.share for point in self.points}
        return [s for s in (0.5**halved for halved in range(halvings, -1, -1)) if s not in done]

    def plus(self, point: CurvePoint) -> Curve:
        """The curve with one more point."""
        points = sorted((*self.points, point), key=lambda one: one.share)
        return Curve(run=self.run, points=points)

    def write(self, path: Path) -> None:
        """Write it to a file, for a person, a plot, and to go on with."""
        with replacing(path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(self), indent=1))
