"""What a policy would answer at several risks, on the dialogues that it was calibrated by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.fitting import Evidence

RISKS = (0.01, 0.02, 0.05, 0.1, 0.2)


class Outlook(Struct, frozen=True):
    """Scored out of fold, on dialogues alike or of new kinds."""

    turns: int
    exact: float
    """Share of turns whose set of actions is right."""
    answered: dict[str, float]
    """Risk to the share of turns at which the policy would be sure."""
    wrong: dict[str, float]
    """Risk to the share of them that was wrong."""

    @classmethod
    def of(cls, decision_model: DecisionModel, evidence: Sequence[Evidence]) -> Outlook | None:
        """What comes of all `evidence` together; None where there is none."""
        parts = [one.at(decision_model.temperature) for one in evidence if len(one.logits)]
        if not parts:
            return None
        probability, right, _, newness = (np.concatenate(part) for part in zip(*parts, strict=True))
        confidence = decision_model.confidences(probability, newness)
        answered, wrong = {}, {}
        for risk in RISKS:
            sure = decision_model.at(risk=risk).sure(confidence, newness)
            answered[f"{risk:g}"] = round(float(sure.mean()), 4)
            wrong[f"{risk:g}"] = round(float((~right[sure]).mean()), 4) if sure.any() else 0.0
        return cls(len(right), round(float(right.mean()), 4), answered, wrong)


def least_risk(decision_model: DecisionModel) -> float | None:
    """The smallest risk at which the policy is ever sure; None where it never is."""
    risks = decision_model.risk_curve.risk
    return risks[0] if risks else None


def outlooks(decision_model: DecisionModel, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """What `policy.training` says of it."""
    return {
        "least_risk": least_risk(decision_model),
        "alike": Outlook.of(decision_model, [one for one in evidence if not one.new_kind]),
        "new_kinds": Outlook.of(decision_model, [one for one in evidence if one.new_kind]),
    }
