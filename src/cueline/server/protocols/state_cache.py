"""States of dialogues that agents were answered in: each request has all turns so far, again.

A state follows from the policy and the turns, so it is found by their hash; whatever is not found
is computed. A dialogue costs its new turns alone, not all of them at each request.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from cueline.dialogue import Turn
from cueline.policy import Policy, State

KEPT = 10_000
"""States, two kilobytes or so each; those that were not asked for longest go."""
_SHARE = 16
"""Turns at a stretch before other dialogues get their turn."""


class StateCache:
    """The states after the turns of requests."""

    def __init__(self) -> None:
        self._states: OrderedDict[bytes, State] = OrderedDict()

    async def after(self, policy: Policy, turns: Sequence[Turn]) -> State:
        """The state of `policy` after `turns`, whose actions were done."""
        hashes = _hashes(policy.hash, turns)
        known = next((n for n in range(len(turns), 0, -1) if hashes[n] in self._states), 0)
        state = self._states[hashes[known]] if known else policy.start()
        for count, turn in enumerate(turns[known:], start=1):
            _, state = policy.act(turn, state)
            if count % _SHARE == 0:
                await asyncio.sleep(0)
        if turns:
            self._states[hashes[-1]] = state
            self._states.move_to_end(hashes[-1])
            if len(self._states) > KEPT:
                self._states.popitem(last=False)
        return state


def _hashes(policy: str, turns: Sequence[Turn]) -> list[bytes]:
    """A hash of each beginning of `turns`, the empty one first."""
    digest = blake2b(policy.encode(), digest_size=16)
    found = [digest.digest()]
    for turn in turns:
        # In the order in which they came: features in another order are other inputs, in theory.
        digest.update(msgspec.json.encode(turn))
        found.append(digest.digest())
    return found
