"""A decision model calibrated on dialogues that were not learned from, by all in `calibration`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from cueline.dataset import Dataset
from cueline.dataset.newness import answered_turns, newness
from cueline.dataset.target_bits import TargetBits
from cueline.features import Featurizer
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.calibration.temperature import fit_temperature
from cueline.policy.decisions.decision_model import EVERYTHING, DecisionModel
from cueline.policy.decisions.set_distribution.distribution import IMPOSSIBLE
from cueline.policy.scoring import exact_matches, nll
from cueline.types import Array, Bits, Floats

if TYPE_CHECKING:
    from cueline.policy.policy import Policy


FAMILIAR = 0.99
"""Share of the turns of dialogues like those learned from that are not novel."""


class Evidence(NamedTuple):
    """`N` answers in dialogues that were scored by a network that did not learn from them."""

    decision_model: DecisionModel
    """What follows from the dialogues that the network learned from."""
    logits: Array
    """*Shape:* (N, A)."""
    targets: TargetBits
    newness: Floats
    """How new each turn was to the network. *Shape:* (N, 2)."""
    dialogue: npt.NDArray[np.int64]
    """The number of each answer's dialogue; of its kind where the kind is new. *Shape:* (N,)."""
    new_kind: bool = False
    """Whether the network knew no dialogue of the kinds of these."""
    baselines: Mapping[str, Bits] = {}
    """At which of them each baseline that knows what the network does is right. *Shapes:* (N,)."""

    @classmethod
    def of(
        cls, decision_model: DecisionModel, logits: Array, dataset: Dataset, featurizer: Featurizer
    ) -> Evidence:
        """What `logits`, at each answer of `dataset`, tell of the network that they are from."""
        number = np.repeat(np.arange(len(dataset.lengths)), dataset.lengths)
        rows = answered_turns(dataset)
        targets = TargetBits.of(dataset, logits.shape[1])
        return cls(
            decision_model, logits, targets, newness(dataset, featurizer)[rows], number[rows]
        )

    def nll(self, temperature: float) -> float:
        """Nats of all right sets together."""
        model = replace(self.decision_model, temperature=temperature)
        return nll(model, self.logits, self.targets) * len(self.logits)

    def deciding_from(self, threshold: float) -> Evidence:
        """The same, an action being done from that probability on."""
        model = replace(self.decision_model, marginal_threshold=threshold)
        return self._replace(decision_model=model)

    def right(self, temperature: float) -> Bits:
        """Which decisions are right. *Shape:* (N,)."""
        model = replace(self.decision_model, temperature=temperature)
        return exact_matches(model.predict(self.logits, self.targets.allowed).bits, self.targets)

    def at(self, temperature: float) -> Outcomes:
        """What was decided."""
        model = replace(self.decision_model, temperature=temperature, platt=PlattScaling())
        targets = self.targets
        predictions = model.predict(self.logits, targets.allowed)
        right = exact_matches(predictions.bits, targets)
        log_likelihood = model.log_likelihood(self.logits, targets.allowed, targets.bits)
        possible = ~targets.out_of_space & (log_likelihood >= IMPOSSIBLE / 2) & ~right
        scores = np.where(right, 0, np.inf)
        rows = np.flatnonzero(possible)
        named = model.nameable(self.logits[rows], targets.allowed[rows], targets.bits[rows])
        scores[rows[named]] = -log_likelihood[rows[named]]
        return Outcomes(predictions.confidence, right, scores, self.newness)


class Outcomes(NamedTuple):
    """Decisions beside the right answers. *Shapes:* (N,)."""

    probability: Array
    """That of the set decided on."""
    right: npt.NDArray[np.bool_]
    scores: Floats
    """The nats of the right set: 0 where it was decided on, infinite where it cannot be named."""
    newness: Floats
    """*Shape:* (N, 2)."""


def calibrate(policy: Policy, held_out: Dataset) -> DecisionModel:
    """The decision model of `policy` fitted to dialogues that its weights never learned from."""
    logits = policy.logits(held_out)
    evidence = Evidence.of(policy.decision_model, logits, held_out, policy.featurizer)
    return fit(policy.decision_model, [evidence])


def fit(decision_model: DecisionModel, evidence: Sequence[Evidence]) -> DecisionModel:
    """The decision model with its temperature, its confidence and its curves fitted.

    Dialogues of new kinds tell what comes of novel turns; whole kinds are left out there, since
    dialogues of one kind are no sample of another. All else is as it is on dialogues like those
    learned from.
    """
    evidence = sorted((one for one in evidence if len(one.logits)), key=lambda one: one.new_kind)
    alike = [one for one in evidence if not one.new_kind]
    temperature = tuned_temperature(alike or evidence)
    if decision_model.marginal_threshold is not None:
        threshold = marginal_threshold(alike or evidence, temperature)
        decision_model = replace(decision_model, marginal_threshold=threshold)
        evidence = [one.deciding_from(threshold) for one in evidence]
    parts = [one.at(temperature) for one in evidence]
    found = Outcomes(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    like = np.arange(len(found.right)) < sum(len(one.logits) for one in alike)
    dialogue = one_after_another([one.dialogue for one in evidence])
    familiar = _familiar(found.newness[like])
    fitted = replace(decision_model, temperature=temperature, familiar=familiar)
    novel = fitted.are_novel(found.newness)

    def platt(rows: npt.NDArray[np.bool_]) -> PlattScaling:
        return PlattScaling.of(found.probability[rows], found.right[rows], found.newness[rows])

    new_kinds = platt(novel) if (novel & ~like).any() else None
    fitted = replace(fitted, platt=platt(like), novel_platt=new_kinds)
    confidence = fitted.confidences(found.probability, found.newness)

    def curve(rows: npt.NDArray[np.bool_]) -> RiskCurve:
        return RiskCurve.of(confidence[rows], found.right[rows], dialogue[rows])

    return replace(
        fitted,
        risk_curve=curve(like & ~novel),
        novel_curve=curve(novel),
        coverage_curve=CoverageCurve.of(found.scores[like & ~novel]),
        novel_coverage_curve=CoverageCurve.of(found.scores[novel]),
    )


def _familiar(newness: Floats) -> tuple[float, float]:
    """The shares that all but a few turns to come stay within (conformal: Vovk et al., 2005)."""
    rank = math.ceil((len(newness) + 1) * FAMILIAR) - 1
    if rank >= len(newness):
        return EVERYTHING
    words, values = np.sort(newness, axis=0)[rank].tolist()
    return math.ceil(words * 1e4) / 1e4, math.ceil(values * 1e4) / 1e4


def marginal_threshold(evidence: Sequence[Evidence], temperature: float) -> float:
    """The probability from which an action is done for the highest micro-F1 of all evidence."""
    chances, right = [], []
    for one in evidence:
        model = replace(one.decision_model, temperature=temperature)
        chances.append(model.predict(one.logits, one.targets.allowed).probabilities.ravel())
        right.append(one.targets.bits.ravel())
    chance, wanted = np.concatenate(chances), np.concatenate(right)
    order = np.argsort(-chance, kind="stable")
    found = np.cumsum(wanted[order])
    f1 = 2 * found / (np.arange(1, len(order) + 1) + max(int(wanted.sum()), 1))
    last_of_equals = np.append(np.diff(chance[order]) != 0, True)
    best = int(np.argmax(np.where(last_of_equals, f1, -1)))
    return min(max(math.floor(float(chance[order[best]]) * 1e4) / 1e4, 0.01), 0.99)


def tuned_temperature(evidence: Sequence[Evidence]) -> float:
    """The temperature at which all logits are best calibrated."""
    answers = sum(len(one.logits) for one in evidence)
    return fit_temperature(
        lambda temperature: sum(one.nll(temperature) for one in evidence) / answers, answers
    )


def one_after_another(numbers: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """The numbers of several corpora's dialogues, each above those before."""
    starts = np.cumsum([0, *(int(some.max()) + 1 for some in numbers)])
    return np.concatenate([some + start for some, start in zip(numbers, starts, strict=False)])
