"""A learning curve: how good policies became with how many dialogues, and its file."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cueline.evaluation.run_file import RunFile


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


class Curve(RunFile, frozen=True, kw_only=True):
    """The sizes done so far, the smallest first."""

    points: list[CurvePoint] = []

    def missing(self, halvings: int) -> list[float]:
        """The shares not done yet of the whole halved so often, ..., once, and the whole."""
        done = {point.share for point in self.points}
        return [s for s in (0.5**halved for halved in range(halvings, -1, -1)) if s not in done]

    def plus(self, point: CurvePoint) -> Curve:
        """The curve with one more point."""
        points = sorted((*self.points, point), key=lambda one: one.share)
        return Curve(run=self.run, points=points)
