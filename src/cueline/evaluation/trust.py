"""What a policy promised of its risk and coverage, beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cueline.dataset.ragged import places
from cueline.evaluation.metrics.calibration import (
    RiskCoverage,
    area,
    coverage_at_risk,
    risk_coverage,
)
from cueline.evaluation.metrics.tally import Tally
from cueline.evaluation.scored_corpus import ScoredCorpus

RESAMPLES = 50
POINTS = 100
"""Points of the risk-coverage curve at most: a chart shows no finer steps."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Turns of about the same confidence."""

    turns: int
    confidence: float
    """Its mean."""
    right: float
    """Share of the turns that are right; the same as `confidence` if that is what it says."""


@dataclass(frozen=True, kw_only=True)
class PromisePoint:
    """One way to answer the surest turns alone."""

    confidence: float
    """The least that is answered."""
    answered: float
    """Share of all turns."""
    wrong: float
    """Share of those answered."""


@dataclass(frozen=True, kw_only=True)
class TrustFigures:
    """The promised risk and coverage, and the measured ones."""

    risk: float
    """Share of sure decisions that may be wrong."""
    wrong: float | None
    """Share of them that is, in their actions or arguments; None where none is sure."""
    answered: float
    """Share of turns at which the policy is sure."""
    answerable: float
    """The most that could have been, by whoever knows the best threshold: mean over resamples."""
    coverage: float
    """Share of turns at which the right set should be among the candidates."""
    covered: float
    """Share of turns at which it is."""
    candidates: float
    """Mean number of candidates."""
    cut: float
    """Share of turns with more candidates than are named."""
    reliability: tuple[Bin, ...]
    """By confidence, in the bins of the calibration error that are not empty."""
    risk_coverage: tuple[PromisePoint, ...]
    """The risk-coverage curve, thinned."""
    aurc: float
    """The area under it: less is better."""


def trust(scored: ScoredCorpus, tally: Tally) -> TrustFigures:
    """Its promises beside what was measured."""
    decision_model, answers = scored.policy.decision_model, scored.answers
    right, sure = scored.right, scored.sure
    whole = scored.whole_right
    allowed = scored.dataset.allowed(len(scored.policy.actions))
    counts, cut, covered = [], [], []
    for row, named in enumerate(decision_model.candidates(scored.logits, allowed, scored.newness)):
        answer = tuple(np.flatnonzero(answers.bits[row]).tolist())
        counts.append(len(named.sets))
        cut.append(named.cut)
        covered.append(any(bits == answer for bits, _ in named.sets))
    curve = risk_coverage(scored.decided.confidence, right)
    return TrustFigures(
        risk=decision_model.risk,
        wrong=float(np.mean(~whole[sure])) if sure.any() else None,
        answered=float(np.mean(sure)),
        answerable=answerable(scored, decision_model.risk),
        coverage=decision_model.kept_coverage(scored.newness),
        covered=float(np.mean(np.array(covered) & ~answers.out_of_space)),
        candidates=float(np.mean(counts)),
        cut=float(np.mean(cut)),
        reliability=_bins(tally.total()),
        risk_coverage=_thinned(curve),
        aurc=area(curve),
    )


def answerable(scored: ScoredCorpus, risk: float) -> float:
    """The share of turns that the best threshold answers with at most `risk` of them wrong.

    The best one of a corpus is partly luck; so it is found on dialogues drawn anew, as often as
    `RESAMPLES`, and what it answers of them is averaged.
    """
    confidence, right, starts = scored.decided.confidence, scored.right, scored.answers.starts
    rng, shares = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        dialogues = rng.integers(0, len(starts) - 1, len(starts) - 1)
        rows = places(starts, dialogues)
        shares.append(coverage_at_risk(confidence[rows], right[rows], risk))
    return float(np.mean(shares))


def _bins(total: Tally) -> tuple[Bin, ...]:
    columns = zip(total.bin_turns[0], total.bin_confidence[0], total.bin_exact[0], strict=True)
    return tuple(
        Bin(turns=int(turns), confidence=float(confidence / turns), right=float(exact / turns))
        for turns, confidence, exact in columns
        if turns
    )


def _thinned(curve: RiskCoverage) -> tuple[PromisePoint, ...]:
    last = len(curve.answered) - 1
    places = np.unique(np.linspace(0, last, min(last + 1, POINTS)).round().astype(int))
    turns = int(curve.answered[-1])
    return tuple(
        PromisePoint(confidence=confidence, answered=answered / turns, wrong=wrong / answered)
        for answered, wrong, confidence in zip(
            *(column[places].tolist() for column in curve), strict=True
        )
    )
