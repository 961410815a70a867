"""How new a turn is to a policy: what it has in it that training never showed."""

from __future__ import annotations

from typing import NamedTuple

from cueline.features.tokens import words
from cueline.features.vocabulary import UNKNOWN
from cueline.live.events import Said
from cueline.policy import Policy


class Novelty(NamedTuple):
    """Counts at one turn."""

    words: int
    unknown_words: int
    features: int
    unknown_features: int
    """Features of a name, or with a value, that training never had."""


def novelty(policy: Policy, said: Said) -> Novelty:
    """What is new in `said` to `policy`."""
    featurizer = policy.featurizer
    text = [] if said.user is None else words(said.user, featurizer.max_words)
    unknown = featurizer.vocabulary.words(text).count(UNKNOWN)
    strange = sum(not _known(policy, name, value) for name, value in said.features.items())
    return Novelty(len(text), unknown, len(said.features), strange)


def _known(policy: Policy, name: str, value: str | bool | int | float | list[str]) -> bool:
    context = policy.featurizer.context
    if isinstance(value, bool):
        return (name, "boolean") in context.index
    if isinstance(value, int | float):
        return (name, "number") in context.index
    values = [value] if isinstance(value, str) else value
    known = context.columns.get(name)
    return known is not None and all(each in known for each in values)
