"""How good a policy becomes with how many dialogues: would more of them help?

Each size has all dialogues of the smaller ones, and all are evaluated on the same held-out and the
same test dialogues, so that between two sizes nothing changes but the dialogues that were added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from cueline import io
from cueline.corpus import split
from cueline.dialogue import Dialogue
from cueline.errors import CuelineError, TrainingError
from cueline.evaluation.report import Report, evaluate_dialogues
from cueline.io import replacing
from cueline.policy import Policy
from cueline.settings import Settings

Train = Callable[[Sequence[Dialogue]], Policy]


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


def learn(
    dialogues: Sequence[Dialogue],
    test: Sequence[Dialogue],
    train: Train,
    settings: Settings,
    shares: Sequence[float],
) -> Iterator[CurvePoint]:
    """Train on each share of the dialogues, and evaluate each policy."""
    for share in shares:
        some = part(dialogues, share, settings)
        try:
            report = evaluate_dialogues(train(some), test)
        except TrainingError as error:
            raise TrainingError(f"with {len(some)} dialogue(s): {error}") from None
        yield _point(share, some, report)


def part(dialogues: Sequence[Dialogue], share: float, settings: Settings) -> list[Dialogue]:
    """About that share of the dialogues, all those of any smaller share among them."""
    if share >= 1:
        return list(dialogues)
    return split(dialogues, share, settings.seed, settings.training.group)[1]


def _point(share: float, dialogues: Sequence[Dialogue], report: Report) -> CurvePoint:
    linear = report.baselines.get("linear")
    names = ("exact", "dialogue_accuracy", "micro_f1", "macro_f1")
    return CurvePoint(
        share=share,
        dialogues=len(dialogues),
        turns=sum(len(dialogue.turns) for dialogue in dialogues),
        **{name: getattr(report, name) for name in names},
        intervals={name: report.intervals[name] for name in names},
        free_running=report.free_running.exact if report.free_running else None,
        linear=linear.exact if linear else None,
    )
