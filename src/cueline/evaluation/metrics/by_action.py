"""How well each action is decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cueline.actions import ActionSpace
from cueline.evaluation.answers import Answers
from cueline.evaluation.metrics.scores import f1
from cueline.evaluation.metrics.tally import Tally


@dataclass(frozen=True, kw_only=True)
class ActionFigures:
    """How well one action is decided."""

    targets: int
    """Turns at which it was to be done."""
    decided: int
    """Turns at which it was decided."""
    hits: int
    """Turns of both kinds."""
    precision: float | None
    recall: float | None
    f1: float
    out_of_space: bool
    """Whether the policy has never seen it, so that it cannot but miss it."""


def by_action(tally: Tally, answers: Answers, space: ActionSpace) -> dict[str, ActionFigures]:
    """By name, the actions that were to be done or were decided."""
    total = tally.total()
    counts = np.concatenate([total.targets, total.decided, total.hits]).astype(int).T.tolist()
    scores = f1(total.hits, total.decided, total.targets)[0].tolist()
    return {
        name: ActionFigures(
            targets=targets,
            decided=decided,
            hits=hits,
            precision=hits / decided if decided else None,
            recall=hits / targets if targets else None,
            f1=score,
            out_of_space=name not in space,
        )
        for name, (targets, decided, hits), score in zip(answers.names, counts, scores, strict=True)
        if targets or decided
    }
