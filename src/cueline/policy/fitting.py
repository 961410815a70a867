"""A decision model calibrated on dialogues that were not learned from, by all in `calibration`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from cueline.dataset import Dataset
from cueline.dataset.target_bits import TargetBits
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.calibration.temperature import fit_temperature
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import IMPOSSIBLE
from cueline.policy.scoring import exact_matches, nll
from cueline.types import Array, Floats

if TYPE_CHECKING:
    from cueline.policy.policy import Policy


class Evidence(NamedTuple):
    """`N` answers in dialogues that were scored by a network that did not learn from them."""

    decision_model: DecisionModel
    """What follows from the dialogues that the network learned from."""
    logits: Array
    """*Shape:* (N, A)."""
    targets: TargetBits
    dialogue: npt.NDArray[np.int64]
    """The number of each answer's dialogue. *Shape:* (N,)."""

    @classmethod
    def of(cls, decision_model: DecisionModel, logits: Array, table: Dataset) -> Evidence:
        """What `logits`, at each answer of `table`, tell of the network that they are from."""
        number = np.arange(len(table.lengths))
        if len(table.targets) == table.dialogues[-1]:
            number = np.repeat(number, table.lengths)
        return cls(decision_model, logits, TargetBits.of(table, logits.shape[1]), number)

    def nll(self, temperature: float) -> float:
        """Nats of all right sets together."""
        model = replace(self.decision_model, temperature=temperature)
        return nll(model, self.logits, self.targets) * len(self.logits)

    def at(self, temperature: float) -> Outcomes:
        """What was decided."""
        model = replace(self.decision_model, temperature=temperature, platt=PlattScaling())
        targets = self.targets
        predictions = model.predict(self.logits, targets.allowed)
        right = exact_matches(predictions.bits, targets)
        log_likelihood = model.log_likelihood(self.logits, targets.allowed, targets.bits)
        impossible = targets.out_of_space | (log_likelihood < IMPOSSIBLE / 2)
        scores = np.where(right, 0, np.where(impossible, np.inf, -log_likelihood))
        return Outcomes(predictions.confidence, right, scores)


class Outcomes(NamedTuple):
    """Decisions beside the right answers. *Shapes:* (N,)."""

    probability: Array
    """That of the set decided on."""
    right: npt.NDArray[np.bool_]
    scores: Floats
    """The nats of the right set: 0 where it was decided on, infinite where it cannot be."""


def calibrate(
    policy: Policy, held_out: Dataset, out_of_fold: Sequence[Evidence] = ()
) -> DecisionModel:
    """The decision model of `policy` fitted to dialogues that its weights never learned from.

    `out_of_fold` are more such dialogues, scored by networks that were trained as its own was.
    """
    own = Evidence.of(policy.decision_model, policy.logits(held_out), held_out)
    return fit(policy.decision_model, [own, *out_of_fold])


def fit(decision_model: DecisionModel, evidence: Sequence[Evidence]) -> DecisionModel:
    """The decision model with its temperature, its confidence and both curves fitted."""
    evidence = [one for one in evidence if len(one.logits)]
    temperature = tuned_temperature(evidence)
    parts = [one.at(temperature) for one in evidence]
    probability, right, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
    platt = PlattScaling.of(probability, right)
    dialogue = _one_after_another([one.dialogue for one in evidence])
    return replace(
        decision_model,
        temperature=temperature,
        platt=platt,
        risk_curve=RiskCurve.of(platt.confidences(probability), right, dialogue),
        coverage_curve=CoverageCurve.of(scores),
    )


def tuned_temperature(evidence: Sequence[Evidence]) -> float:
    """The temperature at which all logits are best calibrated."""
    answers = sum(len(one.logits) for one in evidence)
    return fit_temperature(
        lambda temperature: sum(one.nll(temperature) for one in evidence) / answers, answers
    )


def _one_after_another(numbers: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """The numbers of several corpora's dialogues, each above those before."""
    starts = np.cumsum([0, *(int(some[-1]) + 1 for some in numbers)])
    return np.concatenate([some + start for some, start in zip(numbers, starts, strict=False)])
