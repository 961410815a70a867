"""A network that has met its own mistakes: scheduled sampling (Bengio et al., 2015).

When it acts, the previous actions are the policy's own, right or wrong; those of a corpus are
always right. So after each epoch the network decides at turns that it learns from, and in the next
epoch some of them are shown with its decision as the previous actions. What is right stays.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset
from cueline.dataset.slicing import take, turn_portions
from cueline.types import Bits, Ints

SHARE = 0.5
"""Share of turns that are shown so, once `RAMP` steps are done; before, less by as much."""
RAMP = 500
MAX_TURNS = 20_000
"""Turns decided after an epoch at the most: of a large corpus, other dialogues each time."""
NUMBERS_AT_ONCE = 5_000_000
"""Logits that are in memory at once."""

Decide = Callable[[Dataset], Bits]
"""What the network decides at the `N` turns of a dataset. *Shape:* (N, A)."""


def share_after(steps: int) -> float:
    """The share of turns that are shown so after that many steps."""
    return SHARE * min(steps / RAMP, 1)


class OwnDecisions:
    """What the network decided at the turns of `dataset` after the last epoch."""

    def __init__(self, dataset: Dataset, actions: int, seed: int) -> None:
        self.dataset, self.actions, self.seed = dataset, actions, seed
        self.turns: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        """The turns decided at, in order. *Shape:* (K,)."""
        self.bits: npt.NDArray[np.uint8] = np.zeros((0, -(-actions // 8)), np.uint8)
        """The decisions, eight actions a byte. *Shape:* (K, ceil(A / 8))."""

    def renew(self, decide: Decide, epoch: int) -> None:
        """Decide anew, after `epoch` epochs."""
        lengths = self.dataset.lengths
        order = np.random.default_rng([self.seed, epoch, 1]).permutation(len(lengths))
        dialogues = np.sort(order[np.cumsum(lengths[order]) <= MAX_TURNS])
        if len(dialogues):
            self.turns = self.dataset.dialogue_turns(dialogues)
            decided = (
                np.packbits(decide(take(self.dataset, some)), axis=1)
                for some in turn_portions(lengths, dialogues, NUMBERS_AT_ONCE // self.actions)
            )
            self.bits = np.concatenate(list(decided))

    def known(self, turns: Ints) -> Bits:
        """Whether there was a decision at each of `turns`. *Shapes:* (N,) -> (N,)."""
        return np.isin(turns, self.turns)

    def at(self, turns: Ints) -> Bits:
        """The decisions at `turns`, which are known. *Shapes:* (N,) -> (N, A)."""
        bits = self.bits[np.searchsorted(self.turns, turns)]
        return np.unpackbits(bits, axis=1, count=self.actions).astype(bool)


class ScheduledSampling(keras.callbacks.Callback):
    """Renews `own` after each epoch; and before the first one where a run is resumed."""

    def __init__(self, own: OwnDecisions, decide: Decide, epochs_done: int = 0) -> None:
        super().__init__()
        self.own, self.decide, self.epochs_done = own, decide, epochs_done

    def on_train_begin(self, logs: object = None) -> None:
        """Decide what was decided when the run was left."""
        if self.epochs_done:
            self.own.renew(self.decide, self.epochs_done)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Decide for the next epoch."""
        self.own.renew(self.decide, epoch + 1)
