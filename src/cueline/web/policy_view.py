"""A policy described to whoever chats with it."""

from __future__ import annotations

import math

from cueline.policy import Policy
from cueline.web.schemas.lists import FeatureAnswer, PolicyAnswer


def about(policy: Policy) -> PolicyAnswer:
    """What `policy` can do, and what it knows of besides words."""
    return PolicyAnswer(
        policy.hash,
        list(policy.actions.names),
        [
            FeatureAnswer(feature.name, feature.kind, feature.values)
            for feature in policy.featurizer.context.features
        ],
        policy.decision_model.single_action,
        threshold(policy),
    )


def threshold(policy: Policy) -> float | None:
    """The confidence from which `policy` is sure at its risk; None where it never is."""
    least = policy.decision_model.alike.sure
    return least if math.isfinite(least) else None
