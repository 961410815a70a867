"""How good a policy becomes with how many dialogues: would more of them help?

Each size has all dialogues of the smaller ones, and all are evaluated on the same held-out and the
same test dialogues, so that between two sizes nothing changes but the dialogues that were added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cueline.corpus import split
from cueline.dialogue import Dialogue
from cueline.errors import TrainingError
from cueline.evaluation.curve import CurvePoint
from cueline.evaluation.report import Report, evaluate_dialogues
from cueline.policy import Policy
from cueline.settings import Settings
from cueline.types import Map

Train = Callable[[Sequence[Dialogue]], Policy]


def learn(
    dialogues: Sequence[Dialogue],
    test: Sequence[Dialogue],
    train: Train,
    settings: Settings,
    shares: Sequence[float],
    mapped: Map = map,
) -> Iterator[CurvePoint]:
    """Train on each share of the dialogues by `mapped`, and evaluate each policy."""
    return mapped(partial(_learned, dialogues, test, train, settings), shares)


def _learned(
    dialogues: Sequence[Dialogue],
    test: Sequence[Dialogue],
    train: Train,
    settings: Settings,
    share: float,
) -> CurvePoint:
    some = part(dialogues, share, settings)
    try:
        report = evaluate_dialogues(train(some), test)
    except TrainingError as error:
        raise TrainingError(f"with {len(some)} dialogue(s): {error}") from None
    return _point(share, some, report)


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
