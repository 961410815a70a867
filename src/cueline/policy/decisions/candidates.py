"""The sets of actions that are likely enough at a turn, those never seen among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from cueline.policy.decisions.set_distribution.distribution import IMPOSSIBLE, SetDistribution
from cueline.policy.decisions.set_distribution.single import TurnLogWeights

ScoredSet = tuple[tuple[int, ...], float]
"""The bit numbers of a set, ascending, and its log probability."""


class CandidateSets(NamedTuple):
    """The candidates of a turn."""

    sets: list[tuple[tuple[int, ...], float]]
    """Bit numbers and probabilities, the likeliest first."""
    cut: bool
    """Whether more are likely enough than are named."""


def likeliest_sets(
    distribution: SetDistribution, weights: TurnLogWeights, min_log_prob: float, limit: int
) -> list[ScoredSet]:
    """The sets of at least that log probability, the likeliest first, at most `limit`."""
    found = _seen(distribution, weights, min_log_prob, limit)
    if weights.unseen - weights.total >= min_log_prob:
        min_log_prob = found[-1][1] if len(found) == limit else min_log_prob
        found += _unseen(distribution, weights, min_log_prob, limit)
        found.sort(key=lambda scored: -scored[1])
    return found[:limit]


def _seen(
    distribution: SetDistribution, weights: TurnLogWeights, min_log_prob: float, limit: int
) -> list[ScoredSet]:
    """Sets seen in training, the likeliest first."""
    lowest = max(min_log_prob + weights.total, IMPOSSIBLE / 2)
    (rows,) = (weights.combined >= lowest).nonzero()
    logs = weights.combined.take(rows).tolist()
    ranked = sorted(zip(rows.tolist(), logs, strict=True), key=lambda one: -one[1])
    ordered, total = distribution.ordered, weights.total
    return [(ordered[row], min(log - total, 0.0)) for row, log in ranked[:limit]]


def _unseen(
    distribution: SetDistribution, weights: TurnLogWeights, min_log_prob: float, limit: int
) -> list[ScoredSet]:
    """Sets never seen: the likeliest one of independent bits, then with bits turned over."""
    start = weights.independent_log_weight(distribution) - weights.total
    if start < min_log_prob:
        return []
    costs = np.abs(weights.logits)
    (near,) = (costs <= min(start - min_log_prob, -IMPOSSIBLE / 2)).nonzero()
    ascending = sorted(zip(costs.take(near).tolist(), near.tolist(), strict=True))
    on = frozenset(weights.independent_bits)
    found: list[ScoredSet] = []
    for cost, turned in _cheapest([cost for cost, _ in ascending]):
        if start - cost < min_log_prob or len(found) == limit:
            break
        one = tuple(sorted(on.symmetric_difference([ascending[place][1] for place in turned])))
        if one not in distribution.known:
            found.append((one, start - cost))
    return found


def _cheapest(costs: Sequence[float]) -> Iterator[tuple[float, tuple[int, ...]]]:
    """The subsets of `costs`, which ascend, by their sum, the lowest first (Lawler, 1972)."""
    yield 0.0, ()
    heap: list[tuple[float, tuple[int, ...]]] = [(costs[0], (0,))] if costs else []
    while heap:
        cost, chosen = heappop(heap)
        yield cost, chosen
        last, after = chosen[-1], chosen[-1] + 1
        if after < len(costs):
            heappush(heap, (cost + costs[after], (*chosen, after)))
            heappush(heap, (cost - costs[last] + costs[after], (*chosen[:-1], after)))
