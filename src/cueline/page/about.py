"""A policy described to whoever talks with it."""

from __future__ import annotations

from cueline.page.answers import FeatureAnswer, PolicyAnswer
from cueline.page.judged import threshold
from cueline.policy import Policy


def about(policy: Policy) -> PolicyAnswer:
    """What `policy` can do, and what it knows of besides words."""
    return PolicyAnswer(
        policy.hash,
        list(policy.actions.names),
        [
            FeatureAnswer(feature.name, feature.kind, feature.values)
            for feature in policy.featurizer.context.features
        ],
        policy.rule.single,
        threshold(policy),
    )
