"""From logits to a decision: probabilities, the actions that are on, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from cueline.actions import ActionSpace, Bits
from cueline.policy.action_sets import ActionSets, Belief
from cueline.policy.recurrence import Array

CANDIDATES = 5
"""Candidates named with a decision."""


_ROWS = 1024
"""Turns looked at in one go: bounds the memory that a whole corpus takes."""


class Candidate(NamedTuple):
    """A set of actions that may be the right one, and the probability that it is."""

    actions: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy would do at a turn."""

    actions: tuple[str, ...]
    """The bits that are on, in the order of the action space; `()` is a decision too."""
    probabilities: Mapping[str, float]
    """Each action's; exactly 0 for one that is not allowed."""
    sure: bool
    """Whether to act on it; if not, better ask someone."""
    confidence: float
    """The probability that the whole set is right."""
    masked: Mapping[str, str]
    """The actions that were not allowed, and why."""
    candidates: tuple[Candidate, ...]
    """The likeliest sets of actions, this decision's among them, the likeliest first."""

    def as_json(self) -> dict[str, Any]:
        """The decision as the commands and the service say it."""
        return {
            "actions": list(self.actions),
            "probabilities": dict(self.probabilities),
            "sure": self.sure,
            "confidence": self.confidence,
            "masked": list(self.masked),
            "reasons": dict(self.masked),
            "candidates": [
                {"actions": list(actions), "probability": probability}
                for actions, probability in self.candidates
            ],
        }


class Rule(Struct, frozen=True):
    """How logits become decisions; fitted on held-out dialogues and kept with the policy."""

    sets: ActionSets
    temperature: float = 1.0
    """Logits are divided by it, so that probabilities are what they say (Guo et al., 2017)."""
    sure_from: float = 0.5
    """A decision is sure from this confidence."""

    @property
    def single(self) -> bool:
        """Whether exactly one action is decided on."""
        return self.sets.rest is None

    def belief(self, logits: Array, allowed: Bits) -> Belief:
        """Probabilities and the likeliest set. *Shapes:* (N, A), (N, A)."""
        parts = [
            self.sets.belief(self.sets.weigh(self._cooled(logits[rows]), allowed[rows]))
            for rows in _portions(len(logits))
        ]
        return Belief(*map(np.concatenate, zip(*parts, strict=True)))

    def log_likelihood(self, logits: Array, allowed: Bits, bits: Bits) -> Array:
        """Log probability that `bits` are right. *Shapes:* (N, A) three times -> (N,)."""
        parts = [
            self.sets.log_likelihood(
                self.sets.weigh(self._cooled(logits[rows]), allowed[rows]), bits[rows]
            )
            for rows in _portions(len(logits))
        ]
        return np.concatenate(parts)

    def decide(self, logits: Array, space: ActionSpace, masked: Mapping[str, str]) -> Decision:
        """The decision at one turn. `logits` *shape:* (A,)."""
        weighed = self.sets.weigh(self._cooled(logits)[None], ~space.bits(masked)[None])
        belief = self.sets.belief(weighed)
        actions = space.named(belief.bits[0])
        confidence = float(belief.confidence[0])
        candidates = {actions: confidence}
        for bits, probability in self.sets.ranked(weighed, CANDIDATES):
            candidates.setdefault(tuple(space.names[bit] for bit in bits), probability)
        ranked = sorted(candidates.items(), key=lambda candidate: -candidate[1])
        return Decision(
            actions=actions,
            probabilities=dict(zip(space.names, belief.probabilities[0].tolist(), strict=True)),
            sure=confidence >= self.sure_from,
            confidence=confidence,
            masked=masked,
            candidates=tuple(Candidate(*candidate) for candidate in ranked[:CANDIDATES]),
        )

    def _cooled(self, logits: Array) -> Array:
        return logits / np.float32(self.temperature)


def _portions(rows: int) -> list[slice]:
    """All rows, at least one portion of them."""
    return [slice(first, first + _ROWS) for first in range(0, max(rows, 1), _ROWS)]
