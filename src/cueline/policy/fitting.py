"""A decision model calibrated on held-out dialogues, by all that `calibration` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from cueline.dataset import Dataset
from cueline.dataset.slicing import partly_value_masked
from cueline.dataset.target_bits import TargetBits
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.calibration.temperature import fit_temperature
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import IMPOSSIBLE
from cueline.policy.scoring import exact_matches, nll
from cueline.types import Array

if TYPE_CHECKING:
    from cueline.policy.policy import Policy


def calibrate(policy: Policy, held_out: Dataset) -> DecisionModel:
    """The decision model of `policy` fitted to dialogues that its weights never learned from.

    A share of them is shown with feature values unseen: dialogues to come are newer than those held
    out, and confidence must allow for that.
    """
    settings = policy.settings
    rng = np.random.default_rng(settings.seed)
    table = partly_value_masked(held_out, settings.training.hide_values, rng)
    targets = TargetBits.of(table, len(policy.actions))
    return fit(policy.decision_model, policy.logits(table), targets, len(table.lengths))


def fit(
    decision_model: DecisionModel, logits: Array, targets: TargetBits, dialogues: int
) -> DecisionModel:
    """The decision model with its temperature, its confidence and both curves fitted.

    `dialogues` is the number of held-out dialogues that the targets are from.
    """
    temperature = tuned_temperature(decision_model, logits, targets)
    decision_model = replace(decision_model, temperature=temperature, platt=PlattScaling())
    predictions = decision_model.predict(logits, targets.allowed)
    exact = exact_matches(predictions.bits, targets)
    platt = PlattScaling.of(predictions.confidence, exact)
    log_likelihood = decision_model.log_likelihood(logits, targets.allowed, targets.bits)
    impossible = targets.out_of_space | (log_likelihood < IMPOSSIBLE / 2)
    scores = np.where(exact, 0, np.where(impossible, np.inf, -log_likelihood))
    return replace(
        decision_model,
        platt=platt,
        risk_curve=RiskCurve.of(platt.confidences(predictions.confidence), exact, dialogues),
        coverage_curve=CoverageCurve.of(scores),
    )


def tuned_temperature(decision_model: DecisionModel, logits: Array, targets: TargetBits) -> float:
    """The temperature at which `logits` are best calibrated. *Shape:* (N, A)."""

    def at(temperature: float) -> float:
        return nll(replace(decision_model, temperature=temperature), logits, targets)

    return fit_temperature(at, len(logits))
