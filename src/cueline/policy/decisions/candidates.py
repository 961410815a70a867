"""The sets of actions that are likely enough at a turn, those never seen among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from cueline.policy.decisions.set_distribution.batched import IMPOSSIBLE, ActionSets
from cueline.policy.decisions.set_distribution.single import Scores

Scored = tuple[tuple[int, ...], float]
"""The bit numbers of a set, ascending, and its log probability."""


class Named(NamedTuple):
    """The candidates of a turn."""

    sets: list[tuple[tuple[int, ...], float]]
    """Bit numbers and probabilities, the likeliest first."""
    cut: bool
    """Whether more are likely enough than are named."""


def likeliest(sets: ActionSets, scores: Scores, least: float, most: int) -> list[Scored]:
    """The sets with a log probability of `least` or more, the likeliest first, at most `most`."""
    found = _seen(sets, scores, least, most)
    if scores.rest - scores.total >= least:
        least = found[-1][1] if len(found) == most else least
        found += _unseen(sets, scores, least, most)
        found.sort(key=lambda scored: -scored[1])
    return found[:most]


def _seen(sets: ActionSets, scores: Scores, least: float, most: int) -> list[Scored]:
    """Those seen in training, the likeliest first."""
    (rows,) = (scores.whole >= max(least + scores.total, IMPOSSIBLE / 2)).nonzero()
    logs = scores.whole.take(rows).tolist()
    ranked = sorted(zip(rows.tolist(), logs, strict=True), key=lambda one: -one[1])
    return [(sets.ordered[row], min(log - scores.total, 0.0)) for row, log in ranked[:most]]


def _unseen(sets: ActionSets, scores: Scores, least: float, most: int) -> list[Scored]:
    """Sets never seen: the likeliest one of independent bits, then with bits turned over."""
    start = scores.free(sets) - scores.total
    if start < least:
        return []
    costs = np.abs(scores.logits)
    (near,) = (costs <= min(start - least, -IMPOSSIBLE / 2)).nonzero()
    ascending = sorted(zip(costs.take(near).tolist(), near.tolist(), strict=True))
    on = frozenset(scores.on)
    found: list[Scored] = []
    for cost, turned in _cheapest([cost for cost, _ in ascending]):
        if start - cost < least or len(found) == most:
            break
        one = tuple(sorted(on.symmetric_difference([ascending[place][1] for place in turned])))
        if one not in sets.known:
            found.append((one, start - cost))
    return found


def _cheapest(costs: Sequence[float]) -> Iterator[tuple[float, tuple[int, ...]]]:
    """The subsets of `costs`, which ascend, by their sum, the least first (Lawler, 1972)."""
    yield 0.0, ()
    heap: list[tuple[float, tuple[int, ...]]] = [(costs[0], (0,))] if costs else []
    while heap:
        cost, chosen = heappop(heap)
        yield cost, chosen
        last, after = chosen[-1], chosen[-1] + 1
        if after < len(costs):
            heappush(heap, (cost + costs[after], (*chosen, after)))
            heappush(heap, (cost - costs[last] + costs[after], (*chosen[:-1], after)))
