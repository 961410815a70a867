"""The decision model before anything is calibrated: it follows from how often each set occurs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.types import Array

SetCounts = Mapping[tuple[int, ...], int]
"""How often each set of actions, as ascending bit numbers, is the right one."""


def initial_decision_model(
    counts: SetCounts,
    out_of_space: bool,
    n_actions: int,
    decisions: Literal["auto", "single", "multi"],
) -> DecisionModel:
    """One action a turn where the corpus has it so, else any set.

    `out_of_space` says whether any right set has an action that the space does not have.
    """
    if decisions == "single" or (
        decisions == "auto" and one_action_each(counts) and not out_of_space
    ):
        return DecisionModel(SetDistribution.single_action(n_actions))
    prior = prior_logits(counts, n_actions, single_action=False)
    return DecisionModel(SetDistribution.of(counts, prior))


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
