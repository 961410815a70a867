"""The decision model before anything is calibrated: it follows from how often each set occurs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec.structs import replace

from cueline.policy.decisions.decision_model import EVEN, DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.types import Array

SetCounts = Mapping[tuple[int, ...], int]
"""How often each set of actions, as ascending bit numbers, is the right one."""


def initial_decision_model(
    counts: SetCounts,
    out_of_space: bool,
    n_actions: int,
    decisions: Literal["auto", "single", "multi"],
    prefer: Literal["exact", "f1"] = "exact",
) -> DecisionModel:
    """One action a turn where the corpus has it so, else any set.

    `out_of_space` says whether any right set has an action that the space does not have.
    """
    if decisions == "single" or (
        decisions == "auto" and one_action_each(counts) and not out_of_space
    ):
        return DecisionModel(SetDistribution.single_action(n_actions))
    prior = prior_logits(counts, n_actions, single_action=False)
    return preferring(DecisionModel(SetDistribution.of(counts, prior)), prefer)


def preferring(model: DecisionModel, prefer: Literal["exact", "f1"]) -> DecisionModel:
    """`model` for right sets, or for right actions; one action a turn leaves no choice."""
    if prefer == "exact" or model.single_action:
        return replace(model, marginal_threshold=None)
    return replace(model, marginal_threshold=model.marginal_threshold or EVEN)


def one_action_each(counts: SetCounts) -> bool:
    """Whether there is exactly one action a turn."""
    return all(len(bits) == 1 for bits in counts)


def prior_logits(counts: SetCounts, n_actions: int, single_action: bool) -> Array:
    """The logits of the share of turns with each action. *Shape:* (A,)."""
    done = np.zeros(n_actions)
    for bits, count in counts.items():
        done[list(bits)] += count
    share = (done + 0.5) / (sum(counts.values()) + 1)
    share = np.clip(share, 1e-4, 1 - 1e-4)
    logits = np.log(share) if single_action else np.log(share / (1 - share))
    return np.asarray(logits, np.float32)
