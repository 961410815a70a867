"""The policies that are loaded: that of new dialogues, the one before it, one in its shadow."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from cueline.policy import Policy
from cueline.server.domain.swap_log import Swap, SwapLog
from cueline.server.errors import PolicyRefusedError

log = logging.getLogger("cueline.server")

MAX_LOADED = 8
"""Policies held at a time; the oldest that is nothing in particular goes first."""


class Policies:
    """Loaded policies by hash.

    A dialogue stays with the policy that decided its last turn for as long as that one is loaded
    and no swap took its dialogues along; then it is replayed to the current one.
    """

    def __init__(self, current: Policy, others: Iterable[Policy] = ()) -> None:
        self._loaded = {policy.hash: policy for policy in others}
        self._loaded[current.hash] = current
        self._gone_over: set[str] = set()
        self.current = current.hash
        self.previous: str | None = None
        self.shadow: str | None = None
        self._log: SwapLog | None = None

    def follow(self, swaps: SwapLog) -> None:
        """Do again the swaps that began at the current policy, and log those from now on.

        A server that starts with another policy than before begins anew: none of them is its own.
        """
        for swap in swaps.read():
            if swap.before != self.current:
                continue
            if swap.after not in self._loaded:
                log.warning("policy %s is not in the folder; %s stays", swap.after, self.current)
                break
            self.previous, self.current = swap.before, swap.after
        self._log = swaps

    @property
    def loaded(self) -> tuple[str, ...]:
        """Their hashes, oldest first."""
        return tuple(self._loaded)

    def __contains__(self, policy: object) -> bool:
        return policy in self._loaded

    def __getitem__(self, policy: str) -> Policy:
        if policy not in self._loaded:
            raise PolicyRefusedError(f"policy {policy!r} is not loaded; load it first")
        return self._loaded[policy]

    def pinned(self, policy: str) -> str:
        """Who decides next in a dialogue where `policy` decided last."""
        stays = policy in self._loaded and policy not in self._gone_over
        return policy if stays else self.current

    def shadow_of(self, policy: str) -> str | None:
        """The policy in the shadow of `policy`; none is in its own."""
        return None if self.shadow == policy else self.shadow

    def add(self, policy: Policy) -> None:
        """Load `policy`; it decides nothing yet."""
        self._loaded[policy.hash] = policy
        for old in list(self._loaded):
            if len(self._loaded) <= MAX_LOADED:
                break
            if old not in (self.current, self.previous, self.shadow, policy.hash):
                del self._loaded[old]

    def swap(self, policy: str, replay: bool = False) -> None:
        """New dialogues get `policy` from now on; with `replay`, live ones at their next turn."""
        if self[policy].hash != self.current:
            if self._log is not None:
                self._log.append(Swap(time.time(), self.current, policy))
            self.previous, self.current = self.current, policy
        self._gone_over = set(self._loaded) - {policy} if replay else self._gone_over - {policy}

    def roll_back(self) -> None:
        """Undo the last swap, dialogues and all; undoing twice is doing again."""
        if self.previous is None:
            raise PolicyRefusedError("there is nothing to roll back to: no policy was swapped")
        self.swap(self.previous, replay=bool(self._gone_over))

    def set_shadow(self, policy: str | None) -> None:
        """Have `policy` decide beside the one that answers, and record what it would have done."""
        if policy is not None and self[policy].hash == self.current:
            raise PolicyRefusedError("the current policy cannot be its own shadow")
        self.shadow = policy
