"""How well a decision model does on held-out dialogues: the score by which training stops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cueline.dataset.target_bits import TargetBits
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.types import Array, Bits

MIN_GAIN = 0.0005
"""Nats a turn by which an epoch must be better to count as better."""
MAX_NLL = 20
"""The nats that count for a right set, even where the model rules it out."""


class Score(NamedTuple):
    """How well a policy does on held-out dialogues."""

    exact: float
    """Share of turns whose set of actions is right."""
    gain: float
    """Minus the negative log likelihood of the right sets, in nats a turn."""

    def better_than(self, other: Score | None) -> bool:
        """Whether it is worth keeping in place of `other`.

        The gain decides: it tells a lucky epoch from a good one where few dialogues are held out.
        """
        if other is None or self.gain > other.gain + MIN_GAIN:
            return True
        return self.exact > other.exact and self.gain >= other.gain


def score(decision_model: DecisionModel, logits: Array, targets: TargetBits) -> Score:
    """The score of `logits` *shape:* (N, A)."""
    return score_of_parts(decision_model, [(logits, targets)])


def score_of_parts(
    decision_model: DecisionModel, parts: Iterable[tuple[Array, TargetBits]]
) -> Score:
    """The score of logits that come a part at a time, at least one. *Shapes:* (N, A)."""
    exact, nats = [], []
    for logits, targets in parts:
        exact.append(exact_matches(decision_model.predict(logits, targets.allowed).bits, targets))
        nats.append(_nll_of_each(decision_model, logits, targets))
    return Score(float(np.concatenate(exact).mean()), -float(np.concatenate(nats).mean()))


def exact_matches(bits: Bits, targets: TargetBits) -> Bits:
    """Which decisions equal the right set. *Shapes:* (N, A) -> (N,)."""
    return np.asarray((bits == targets.bits).all(axis=-1) & ~targets.out_of_space)


def nll(decision_model: DecisionModel, logits: Array, targets: TargetBits) -> float:
    """Mean negative log likelihood of the right sets, in nats, each at most `MAX_NLL`."""
    return float(_nll_of_each(decision_model, logits, targets).mean())


def _nll_of_each(decision_model: DecisionModel, logits: Array, targets: TargetBits) -> Array:
    log_likelihood = decision_model.log_likelihood(logits, targets.allowed, targets.bits)
    return np.minimum(-log_likelihood, MAX_NLL)
