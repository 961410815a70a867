"""Two policies on the same dialogues: is one better, and where is it worse?

Both are drawn together, resample by resample: what makes a dialogue hard is hard for both, so the
interval of a difference is much narrower than the intervals of the two figures suggest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cueline.baselines import DecisionArrays
from cueline.evaluation.answers import Answers
from cueline.evaluation.changed import Changed, changed_turns, comparable
from cueline.evaluation.metrics.bootstrap import RESAMPLES, SEED, middle, portions, resamples
from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.types import Floats

MAX_NAMED_TURNS = 100
"""Fixed turns, and broken turns, that are named."""
_ALIKE = 1e-6
"""Differences closer than this are equal: figures are float32."""


@dataclass(frozen=True, kw_only=True)
class MetricDifference:
    """A figure of the policy less that of the other one."""

    difference: float
    other: float
    """The other policy's figure."""
    interval: tuple[float, float]
    """95 % interval of the difference, by resampling dialogues."""
    p_value: float
    """How often so large a difference comes of giving each dialogue's decisions to either policy
    by the toss of a coin: approximate randomisation (Noreen, 1989; Yeh, 2000)."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A policy beside another one, on the same dialogues."""

    policy: str
    """The other policy's hash."""
    figures: Mapping[str, MetricDifference]
    free_running: Mapping[str, MetricDifference] | None
    fixed_turns: int
    """Turns that the policy has right and the other one has not."""
    broken_turns: int
    """Turns that the other one has right and the policy has not."""
    better_dialogues: int
    """Dialogues in which it has more turns right than the other one."""
    worse_dialogues: int
    fixed: tuple[Changed, ...]
    """The first ones, in the order of the corpus."""
    broken: tuple[Changed, ...]


def compare(own: ScoredCorpus, other: ScoredCorpus) -> Comparison:
    """The differences between two policies on the same dialogues."""
    comparable(own, other)
    fixed = np.flatnonzero(own.right & ~other.right)
    broken = np.flatnonzero(~own.right & other.right)
    gained = np.add.reduceat(own.right.astype(int) - other.right, own.answers.starts[:-1])
    return Comparison(
        policy=other.policy.hash,
        figures=_differences(own, own.decided, other, other.decided),
        free_running=(
            _differences(own, own.free, other, other.free) if own.free and other.free else None
        ),
        fixed_turns=len(fixed),
        broken_turns=len(broken),
        better_dialogues=int((gained > 0).sum()),
        worse_dialogues=int((gained < 0).sum()),
        fixed=tuple(changed_turns(own, other, fixed[:MAX_NAMED_TURNS].tolist())),
        broken=tuple(changed_turns(own, other, broken[:MAX_NAMED_TURNS].tolist())),
    )


def differences(own: Tally, other: Tally, single: bool) -> dict[str, MetricDifference]:
    """Those of every figure; the tallies have the same actions. *Shapes:* (D, ...)."""
    dialogues = len(own.dialogues)
    first, second = figures(own.total(), single), figures(other.total(), single)
    drawn = [
        _less(figures(own.sums(weights), single), figures(other.sums(weights), single))
        for weights in resamples(dialogues)
    ]
    step = Tally(*(there - here for here, there in zip(own, other, strict=True)))
    mixed = []
    for swapped in _swaps(dialogues):
        moved = step.sums(swapped)
        mine = Tally(*(sums + change for sums, change in zip(own.total(), moved, strict=True)))
        theirs = Tally(*(sums - change for sums, change in zip(other.total(), moved, strict=True)))
        mixed.append(_less(figures(mine, single), figures(theirs, single)))
    return {
        name: _difference(
            float(first[name][0]),
            float(second[name][0]),
            np.concatenate([part[name] for part in drawn]),
            np.concatenate([part[name] for part in mixed]),
        )
        for name in first
    }


def _difference(own: float, other: float, drawn: Floats, mixed: Floats) -> MetricDifference:
    difference = own - other
    as_large = int((np.abs(mixed) >= abs(difference) - _ALIKE).sum())
    return MetricDifference(
        difference=difference,
        other=other,
        interval=middle(drawn, difference, least=-1),
        p_value=(1 + as_large) / (1 + len(mixed)),
    )


def _less(first: dict[str, Floats], second: dict[str, Floats]) -> dict[str, Floats]:
    return {name: np.asarray(first[name] - second[name]) for name in first}


def _swaps(dialogues: int) -> Iterator[Floats]:
    """Which dialogues change sides, by the toss of a coin each. *Shape:* (some, D)."""
    rng = np.random.default_rng(SEED)
    for rows in portions(dialogues, RESAMPLES):
        yield rng.integers(2, size=(rows, dialogues)).astype(np.float32)


def _differences(
    own: ScoredCorpus, mine: DecisionArrays, other: ScoredCorpus, theirs: DecisionArrays
) -> dict[str, MetricDifference]:
    names = dict.fromkeys((*own.answers.names, *other.answers.names))
    place = {name: column for column, name in enumerate(names)}
    return differences(
        _aligned(Tally.of(mine, own.answers), own.answers, place),
        _aligned(Tally.of(theirs, other.answers), other.answers, place),
        own.answers.single,
    )


def _aligned(tally: Tally, answers: Answers, place: Mapping[str, int]) -> Tally:
    """The tally with its actions where `place` says, so that two action spaces can be one."""
    columns = [place[name] for name in answers.names]

    def spread(counts: Floats) -> Floats:
        wide = np.zeros((len(counts), len(place)), counts.dtype)
        wide[:, columns] = counts
        return wide

    return tally._replace(
        hits=spread(tally.hits), decided=spread(tally.decided), targets=spread(tally.targets)
    )
