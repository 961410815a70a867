"""From logits to a decision: probabilities, the actions that are on, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from cueline.actions import ActionSpace
from cueline.errors import SettingsError
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import NOTHING_NEW, PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.candidates import CandidateSets, likeliest_sets
from cueline.policy.decisions.decision import Candidate, Decision, Reason
from cueline.policy.decisions.set_distribution import batched, single
from cueline.policy.decisions.set_distribution.batched import LogWeights, Predictions
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.decisions.set_distribution.single import Prediction, TurnLogWeights
from cueline.policy.parallel import on_all_cores
from cueline.types import Array, Bits, Floats

MAX_CANDIDATES = 50
"""At most this number of candidates is named with a decision."""
DEFAULT_RISK = 0.05
"""Share of wrong ones among the decisions that are sure, unless another is chosen."""
DEFAULT_COVERAGE = 0.9
"""Share of turns with the right set among the candidates, unless another is chosen."""
EVEN = 0.5
"""The probability from which an action is done by itself, until dialogues say better."""
EVERYTHING = (1.0, 1.0)
"""No share is above it: no turn is novel."""
EPSILON = 1e-4
"""Nats by which a log probability may be off, computed in another way."""
AMBIGUOUS_FROM = 0.5
"""A second candidate with this share of the first one's probability makes a turn ambiguous."""

_NUMBERS_AT_ONCE = 50_000
"""Logits computed in one go, which bounds the memory of a whole corpus: a cache holds them."""
_ROWS_AT_ONCE = 60, 250
"""Turns computed in one go, at least and at most.

No power of two: columns of such a length would compete for the same few lines of the near cache.
"""


class Thresholds(NamedTuple):
    """From when on a decision is sure and a set a candidate."""

    sure: float
    """The confidence."""
    candidate: float
    """The log probability."""
    coverage: float
    """The coverage asked for, or the highest that can be promised where that is less."""

    @classmethod
    def of(
        cls, risk_curve: RiskCurve, risk: float, coverage_curve: CoverageCurve, coverage: float
    ) -> Thresholds:
        """Those of two curves."""
        kept = min(coverage, coverage_curve.highest)
        return cls(risk_curve.threshold(risk), coverage_curve.min_log_prob(coverage), kept)


class DecisionModel(Struct, frozen=True, dict=True, rename={"distribution": "sets"}):
    """How logits become decisions; fitted on held-out dialogues and kept with the policy."""

    distribution: SetDistribution
    temperature: float = 1.0
    """Log weights are divided by it, so that probabilities are what they say (Guo et al., 2017)."""
    platt: PlattScaling = PlattScaling()
    """From the probability of the decided set to the confidence in it."""
    novel_platt: PlattScaling | None = None
    """The same at novel turns, where dialogues of kinds left out tell."""
    risk_curve: RiskCurve = RiskCurve()
    """How often decisions of a confidence are wrong, at turns like those that were learned from."""
    novel_curve: RiskCurve = RiskCurve()
    """The same at novel turns."""
    novel_coverage_curve: CoverageCurve = CoverageCurve()
    """The same as `coverage_curve`, at novel turns."""
    familiar: tuple[float, float] = EVERYTHING
    """The shares of unknown words and of unseen values above which a turn is novel."""
    coverage_curve: CoverageCurve = CoverageCurve()
    """How often the right set is among the candidates from a log probability."""
    marginal_threshold: float | None = None
    """The probability from which an action is decided on by itself; None: sets are decided on."""
    risk: float = DEFAULT_RISK
    coverage: float = DEFAULT_COVERAGE

    def at(self, risk: float | None = None, coverage: float | None = None) -> DecisionModel:
        """The same for another risk or coverage. Raises `SettingsError` where it is no share."""
        risk = self.risk if risk is None else risk
        coverage = self.coverage if coverage is None else coverage
        if not 0 <= risk <= 1:
            raise SettingsError(f"risk is a share of wrong decisions, from 0 to 1, not {risk}")
        if not 0 < coverage < 1:
            raise SettingsError(f"coverage is a share of turns, between 0 and 1, not {coverage}")
        return msgspec.structs.replace(self, risk=risk, coverage=coverage)

    @property
    def single_action(self) -> bool:
        """Whether exactly one action is decided on."""
        return self.distribution.unseen_log_weight is None

    @cached_property
    def tempered(self) -> SetDistribution:
        """The distribution at the temperature that the logits are divided by."""
        return self.distribution.tempered(self.temperature)

    @cached_property
    def alike(self) -> Thresholds:
        """What counts at turns like those learned from."""
        return Thresholds.of(self.risk_curve, self.risk, self.coverage_curve, self.coverage)

    @cached_property
    def novel(self) -> Thresholds:
        """What counts at novel turns; candidates are as at others where none was scored."""
        covered = (
            self.novel_coverage_curve if self.novel_coverage_curve.nll else self.coverage_curve
        )
        return Thresholds.of(self.novel_curve, self.risk, covered, self.coverage)

    def is_novel(self, newness: Sequence[float]) -> bool:
        """Whether a turn is newer than those of dialogues like the ones learned from."""
        words, values = self.familiar
        return newness[0] > words or newness[1] > values

    def are_novel(self, newness: Floats) -> Bits:
        """`is_novel` of each turn. *Shapes:* (N, 2) -> (N,)."""
        return np.asarray((newness > np.array(self.familiar)).any(axis=1))

    def sure(self, confidence: Array, newness: Floats) -> Bits:
        """Which decisions are sure. *Shapes:* (N,), (N, 2) -> (N,)."""
        novel = self.are_novel(newness)
        return np.asarray(confidence >= np.where(novel, self.novel.sure, self.alike.sure))

    def least_risk(self, confidence: Array, newness: Floats) -> Floats:
        """The smallest risk at which each decision is sure. *Shapes:* (N,), (N, 2) -> (N,)."""
        alike, novel = (
            curve.least_risk(confidence) for curve in (self.risk_curve, self.novel_curve)
        )
        return np.where(self.are_novel(newness), novel, alike)

    def kept_coverage(self, newness: Floats) -> float:
        """The coverage that is promised on the average of such turns. *Shape:* (N, 2)."""
        novel = self.are_novel(newness)
        return float(np.mean(np.where(novel, self.novel.coverage, self.alike.coverage)))

    def predict(self, logits: Array, allowed: Bits, newness: Floats | None = None) -> Predictions:
        """Probabilities and what is decided; without `newness`, as if nothing were new.

        *Shapes:* (N, A), (N, A), (N, 2).
        """
        parts = on_all_cores(
            lambda rows: self._predict(self._log_weights(logits[rows], allowed[rows])),
            _portions(logits),
        )
        found = Predictions(*map(np.concatenate, zip(*parts, strict=True)))
        return found._replace(confidence=self.confidences(found.confidence, newness))

    def confidences(self, probabilities: Array, newness: Floats | None = None) -> Array:
        """The confidence in sets of those probabilities. *Shapes:* (N,), (N, 2) -> (N,)."""
        alike = self.platt.confidences(probabilities, newness)
        if newness is None or self.novel_platt is None:
            return alike
        novel = self.novel_platt.confidences(probabilities, newness)
        return np.where(self.are_novel(newness), novel, alike)

    def log_likelihood(self, logits: Array, allowed: Bits, bits: Bits) -> Array:
        """Log probability that `bits` are right. *Shapes:* (N, A) three times -> (N,)."""
        parts = on_all_cores(
            lambda rows: batched.log_likelihood(
                self.tempered, self._log_weights(logits[rows], allowed[rows]), bits[rows]
            ),
            _portions(logits),
        )
        return np.concatenate(parts)

    def candidates(
        self, logits: Array, allowed: Bits, newness: Floats | None = None
    ) -> Iterator[CandidateSets]:
        """The candidates of each row. *Shapes:* (N, A), (N, A), (N, 2)."""
        for rows in _portions(logits):
            part = self._log_weights(logits[rows], allowed[rows])
            predictions = self._predict(part)
            new = None if newness is None else newness[rows]
            confidence = self.confidences(predictions.confidence, new)
            for row, one in enumerate(self._of_turns(part)):
                decided = tuple(predictions.bits[row].nonzero()[0].tolist())
                chance = float(predictions.confidence[row])
                at = self.alike if new is None or not self.is_novel(new[row]) else self.novel
                yield self._named(one, decided, chance, float(confidence[row]), at.candidate)

    def nameable(self, logits: Array, allowed: Bits, bits: Bits) -> Bits:
        """Whether `bits` would be named if every candidate were. *Shapes:* (N, A) -> (N,)."""
        found = []
        for rows in _portions(logits):
            part = self._log_weights(logits[rows], allowed[rows])
            likelihood = batched.log_likelihood(self.tempered, part, bits[rows]).tolist()
            for row, one in enumerate(self._of_turns(part)):
                answer = tuple(bits[rows][row].nonzero()[0].tolist())
                least = likelihood[row] - EPSILON
                ahead = likeliest_sets(self.tempered, one, least, MAX_CANDIDATES - 1)
                found.append(any(named == answer for named, _ in ahead))
        return np.array(found, bool)

    def decide(
        self,
        logits: Array,
        space: ActionSpace,
        masked: Mapping[str, str],
        newness: Sequence[float] = NOTHING_NEW,
    ) -> Decision:
        """The decision at one turn. `logits` *shape:* (A,)."""
        off = space.ids(masked)
        prediction = self.predict_one(logits, off)
        novel = self.is_novel(newness)
        at = self.novel if novel else self.alike
        chance = prediction.chance
        platt = (self.novel_platt if novel else None) or self.platt
        confidence = platt.confidence(chance, newness)
        sets, cut = self._named(
            prediction.weights, prediction.bits, chance, confidence, at.candidate
        )
        candidates = tuple(
            [
                Candidate(tuple([space.names[bit] for bit in bits]), probability)
                for bits, probability in sets
            ]
        )
        sure = confidence >= at.sure
        return Decision(
            actions=tuple([space.names[bit] for bit in prediction.bits]),
            probabilities=dict(zip(space.names, prediction.probabilities, strict=True)),
            sure=sure,
            reason="sure" if sure else _unsure(candidates, len(off) < len(space), novel),
            confidence=confidence,
            masked=tuple(masked),
            reasons=masked,
            candidates=candidates,
            cut=cut,
            risk=self.risk,
            coverage=at.coverage,
        )

    def predict_one(self, logits: Array, masked: Sequence[int]) -> Prediction:
        """`predict` at one turn, without the bit numbers `masked`. *Shape:* (A,)."""
        found = single.predict(self.tempered, logits / np.float32(self.temperature), masked)
        if self.marginal_threshold is None or not found.chance:
            return found
        likely = [p >= self.marginal_threshold for p in found.probabilities]
        bits = tuple(bit for bit, on in enumerate(likely) if on)
        return found._replace(bits=bits, chance=found.weights.probability(self.tempered, bits))

    def _predict(self, weights: LogWeights) -> Predictions:
        found = batched.predict(self.tempered, weights)
        if self.marginal_threshold is None:
            return found
        possible = found.confidence > 0
        bits = (found.probabilities >= self.marginal_threshold) & possible[:, None]
        chances = np.exp(np.minimum(batched.log_likelihood(self.tempered, weights, bits), 0))
        return found._replace(bits=bits, confidence=(chances * possible).astype(np.float32))

    def _named(
        self,
        weights: TurnLogWeights,
        first: tuple[int, ...],
        chance: float,
        confidence: float,
        least: float,
    ) -> CandidateSets:
        """The candidates of at least a log probability; the decision, `first`, is among them.

        Its probability `chance` is calibrated to the `confidence`; the other sets share what that
        leaves, in proportion.
        """
        if 1 - chance < math.exp(least):
            return CandidateSets([(first, confidence)], cut=False)
        scale = (1 - confidence) / max(1 - chance, 1e-6)
        likely = likeliest_sets(self.tempered, weights, least, MAX_CANDIDATES + 1)
        others = [(bits, scale * math.exp(score)) for bits, score in likely if bits != first]
        sets = [(first, confidence), *others[: MAX_CANDIDATES - 1]]
        ranked = sorted(sets, key=lambda one: -one[1])
        return CandidateSets(ranked, cut=len(others) >= MAX_CANDIDATES)

    def _of_turns(self, weights: LogWeights) -> Iterator[TurnLogWeights]:
        """Those of each turn."""
        combined = weights.seen + self.tempered.combined_gain
        totals = zip(weights.unseen.tolist(), weights.total.tolist(), strict=True)
        for row, (unseen, total) in enumerate(totals):
            yield TurnLogWeights(weights.logits[row], combined[row], unseen, total)

    def _log_weights(self, logits: Array, allowed: Bits) -> LogWeights:
        return batched.log_weights(self.tempered, logits / np.float32(self.temperature), allowed)


def _unsure(candidates: tuple[Candidate, ...], any_allowed: bool, novel: bool) -> Reason:
    """Why a decision is not sure, by its candidates."""
    if not any_allowed:
        return "nothing_allowed"
    if novel:
        return "unfamiliar"
    first, *others = (candidate.probability for candidate in candidates)
    return "ambiguous" if others and others[0] >= AMBIGUOUS_FROM * first else "unsure"


def _portions(logits: Array) -> list[slice]:
    """All rows, at least one portion of them. *Shape:* (N, A)."""
    rows, columns = logits.shape
    fewest, most = _ROWS_AT_ONCE
    some = min(max(_NUMBERS_AT_ONCE // max(columns, 1), fewest), most)
    return [slice(first, first + some) for first in range(0, max(rows, 1), some)]
