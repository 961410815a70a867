"""Sets of actions that training had, and those that it had not: what was learned, what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cueline.baselines import DecisionArrays, target_sets
from cueline.evaluation.answers import Answers
from cueline.evaluation.metrics.bootstrap import intervals
from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally
from cueline.policy import Policy

_FIGURES = ("exact", "micro_f1")


@dataclass(frozen=True, kw_only=True)
class SetFigures:
    """The turns whose right set is of one kind."""

    turns: int
    exact: float | None
    """Share of them that are right; None where there are none."""
    micro_f1: float | None
    intervals: Mapping[str, tuple[float, float]]
    """95 % intervals, by resampling dialogues."""


def by_set(policy: Policy, decided: DecisionArrays, answers: Answers) -> dict[str, SetFigures]:
    """The turns by their right set.

    `seen` in training; `unseen`, a new combination of known actions; or `out_of_space`, with an
    action that the policy does not know, so that no decision can be right.
    """
    known = {
        frozenset(bits)
        for bits in target_sets(policy.baselines) or policy.decision_model.distribution.sets
    }
    out_of_space = answers.out_of_space
    rows = range(len(answers.targets))
    seen = np.array([frozenset(answers.targets[row].tolist()) in known for row in rows], bool)
    kinds = {"seen": seen, "unseen": ~seen & ~out_of_space, "out_of_space": out_of_space}
    return {kind: _figures(decided, answers, np.flatnonzero(of)) for kind, of in kinds.items()}


def _figures(decided: DecisionArrays, answers: Answers, rows: npt.NDArray[np.int64]) -> SetFigures:
    if not len(rows):
        return SetFigures(turns=0, exact=None, micro_f1=None, intervals={})
    answers = answers.take(rows)
    decided = DecisionArrays(decided.bits[rows], decided.confidence[rows], decided.top[rows])
    tally = Tally.of(decided, answers)
    found = figures(tally.total(), single=False)
    around = intervals(tally, single=False)
    return SetFigures(
        turns=len(rows),
        exact=float(found["exact"][0]),
        micro_f1=float(found["micro_f1"][0]),
        intervals={name: around[name] for name in _FIGURES},
    )
