"""The sets of actions that are likely enough at a turn, those never seen among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from cueline.policy.action_sets import IMPOSSIBLE, ActionSets, Weighed

Scored = tuple[tuple[int, ...], float]
"""The bit numbers of a set, ascending, and its log probability."""


class Named(NamedTuple):
    """The candidates of a turn."""

    sets: list[tuple[tuple[int, ...], float]]
    """Bit numbers and probabilities, the likeliest first."""
    cut: bool
    """Whether more are likely enough than are named."""


def likeliest(sets: ActionSets, weighed: Weighed, least: float, most: int) -> list[Scored]:
    """The sets of the first row with a log probability of `least` or more, at most `most`."""
    found = sets.ranked(weighed, least, most)
    if sets.rest is not None:
        least = found[-1][1] if len(found) == most else least
        found += _unseen(sets, weighed, sets.rest, least, most)
        found.sort(key=lambda scored: -scored[1])
    return found[:most]


def _unseen(
    sets: ActionSets, weighed: Weighed, rest: float, least: float, most: int
) -> list[Scored]:
    """Sets never seen: the likeliest one of independent bits, then with bits turned over."""
    logits = weighed.logits[0]
    base = logits > 0
    start = rest + float(np.sum(logits, where=base)) - float(weighed.total[0])
    if start < least:
        return []
    costs = np.abs(logits)
    near = np.flatnonzero((logits > IMPOSSIBLE / 2) & (costs <= start - least))
    near = near[np.argsort(costs[near], kind="stable")]
    bits, on = near.tolist(), frozenset(np.flatnonzero(base).tolist())
    found: list[Scored] = []
    for cost, turned in _cheapest(costs[near].tolist()):
        if start - cost < least or len(found) == most:
            break
        one = tuple(sorted(on.symmetric_difference([bits[place] for place in turned])))
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
