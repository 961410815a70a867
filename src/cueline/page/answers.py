"""What the page is given, as JSON; the service's schema is made from these too."""

from __future__ import annotations

from msgspec import Struct

from cueline.features.context import Kind


class FeatureAnswer(Struct):
    """A context feature that the policy knows."""

    name: str
    kind: Kind
    values: list[str]
    """Of a category: those seen in training."""


class PolicyAnswer(Struct):
    """A policy, as one needs to know it to talk with it."""

    hash: str
    actions: list[str]
    features: list[FeatureAnswer]
    single: bool
    """Whether exactly one action is decided on."""
    sure_from: float
    """A decision is sure from this confidence."""
