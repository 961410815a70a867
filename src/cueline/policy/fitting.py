"""Fitting the decision rule on held-out dialogues, and the score by which training stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset
from cueline.dataset.slicing import partly_value_masked
from cueline.policy.calibration.conformal import CoverageCurve
from cueline.policy.calibration.platt import PlattScaling
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.batched import IMPOSSIBLE, ActionSets
from cueline.types import Array, Bits

if TYPE_CHECKING:
    from cueline.policy.policy import Policy


class TargetBits(NamedTuple):
    """The right answers of a corpus. *Shapes:* bits and allowed (N, A), out_of_space (N,)."""

    bits: Bits
    allowed: Bits
    out_of_space: npt.NDArray[np.bool_]
    """Rows whose answer has an action outside the space, which no decision can match."""

    @classmethod
    def of(cls, table: Dataset, actions: int) -> TargetBits:
        """The right answers of all dialogues of `table`."""
        return cls(target_bits(table, actions), table.allowed(actions), table.out_of_space)


LEAST_GAIN = 0.0005
"""Nats a turn that an epoch must gain to count as better."""


TEMPERATURE_PRIOR = 12.5
"""Nats that a temperature of e must save: few held-out turns cannot tell one from another."""


class Score(NamedTuple):
    """How well a policy does on held-out dialogues."""

    exact: float
    """Share of turns whose set of actions is right."""
    gain: float
    """Minus the mean surprise at the right bits, in nats."""

    def better_than(self, other: Score | None) -> bool:
        """Whether it is worth keeping in place of `other`.

        The gain decides: it tells a lucky epoch from a good one where few dialogues are held out.
        """
        if other is None or self.gain > other.gain + LEAST_GAIN:
            return True
        return self.exact > other.exact and self.gain >= other.gain


def target_bits(table: Dataset, actions: int) -> Bits:
    """The right answers as bits. *Shape:* (N, A)."""
    bits = np.zeros((len(table.targets), actions), bool)
    bits[table.targets.row_of_each(), table.targets.flat] = True
    return bits


def set_counts(table: Dataset) -> Counter[tuple[int, ...]]:
    """How often each set of actions is the right answer."""
    return Counter(tuple(table.targets[row].tolist()) for row in range(len(table.targets)))


def prior_logits(counts: Mapping[tuple[int, ...], int], actions: int, single: bool) -> Array:
    """The logits of the share of turns with each action. *Shape:* (A,)."""
    done = np.zeros(actions)
    for bits, count in counts.items():
        done[list(bits)] += count
    share = (done + 0.5) / (sum(counts.values()) + 1)
    share = np.clip(share, 1e-4, 1 - 1e-4)
    logits = np.log(share) if single else np.log(share / (1 - share))
    return np.asarray(logits, np.float32)


def first_rule(
    counts: Mapping[tuple[int, ...], int],
    out_of_space: bool,
    actions: int,
    decisions: Literal["auto", "single", "multi"],
) -> DecisionModel:
    """The rule before anything is fitted: one action a turn where the corpus has it so.

    `counts` are those of the right sets, and `out_of_space` says whether any has an unknown action.
    """
    if decisions == "single" or (decisions == "auto" and one_each(counts) and not out_of_space):
        return DecisionModel(ActionSets.single(actions))
    return DecisionModel(ActionSets.of(counts, prior_logits(counts, actions, single=False)))


def one_each(counts: Mapping[tuple[int, ...], int]) -> bool:
    """Whether there is exactly one action a turn."""
    return all(len(bits) == 1 for bits in counts)


def right(bits: Bits, truth: TargetBits) -> npt.NDArray[np.bool_]:
    """Which decisions match the answer exactly. *Shapes:* (N, A) -> (N,)."""
    return np.asarray((bits == truth.bits).all(axis=-1) & ~truth.out_of_space)


def score(rule: DecisionModel, logits: Array, truth: TargetBits) -> Score:
    """The score of `logits` *shape:* (N, A)."""
    exact = right(rule.predict(logits, truth.allowed).bits, truth)
    return Score(float(exact.mean()), -nll(rule, logits, truth))


def nll(rule: DecisionModel, logits: Array, truth: TargetBits) -> float:
    """Mean negative log likelihood of the right set, in nats; 20 for one that is ruled out."""
    likely = rule.log_likelihood(logits, truth.allowed, truth.bits)
    return float(-np.maximum(likely, -20).mean())


def fit(rule: DecisionModel, logits: Array, truth: TargetBits, dialogues: int) -> DecisionModel:
    """`rule` fitted to the answers of that many held-out `dialogues`.

    Its temperature and its confidence, and what it takes to choose a risk and a coverage later.
    """
    warm = temperature(rule, logits, truth)
    rule = msgspec.structs.replace(rule, temperature=warm, platt=PlattScaling())
    predictions = rule.predict(logits, truth.allowed)
    exact = right(predictions.bits, truth)
    platt = PlattScaling.of(predictions.confidence, exact)
    likely = rule.log_likelihood(logits, truth.allowed, truth.bits)
    impossible = truth.out_of_space | (likely < IMPOSSIBLE / 2)
    scores = np.where(exact, 0, np.where(impossible, np.inf, -likely))
    return msgspec.structs.replace(
        rule,
        platt=platt,
        risk_curve=RiskCurve.of(platt.confidences(predictions.confidence), exact, dialogues),
        coverage_curve=CoverageCurve.of(scores),
    )


def calibrate(policy: Policy, held_out: Dataset) -> DecisionModel:
    """The rule of `policy` fitted to `held_out` dialogues that its weights never learned from.

    A share of them is shown with feature values unseen: what is to come is newer than what was held
    out, and confidence must bear it.
    """
    settings = policy.settings
    rng = np.random.default_rng(settings.seed)
    table = partly_value_masked(held_out, settings.training.hide_values, rng)
    truth = TargetBits.of(table, len(policy.actions))
    return fit(policy.rule, policy.logits(table), truth, len(table.lengths))


def temperature(rule: DecisionModel, logits: Array, truth: TargetBits) -> float:
    """That at which the right sets surprise the least, but for a prior that expects it near 1.

    By golden-section search, between 1/2 and 8.
    """
    prior = TEMPERATURE_PRIOR / max(len(logits), 1)

    def loss(log: float) -> float:
        warm = msgspec.structs.replace(rule, temperature=float(np.exp(log)))
        return nll(warm, logits, truth) + prior * log**2

    low, high = -np.log(2), np.log(8)
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(20):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return round(float(np.exp((low + high) / 2)), 4)
