"""From the flat table to batches of few shapes, with little padding.

Dialogues of like length go together, and lengths are rounded up to a few steps, so that a compiled
backend compiles a handful of programs and padding stays small.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from cueline.features import Table
from cueline.network.model import kept_sizes
from cueline.network.words import Arrays, layout
from cueline.settings import Settings

TURNS = 8192
"""Turns of a batch at the most, padding included: very long dialogues come fewer at a time."""
STEPS_AN_EPOCH = 125
SIZES = 16, 128
"""Dialogues a step, if nobody says how many: at the least and at the most."""


class Batches(keras.utils.PyDataset):
    """The batches of one epoch after another, drawn anew for each from the seed and its number."""

    def __init__(
        self,
        table: Table,
        settings: Settings,
        actions: int,
        columns: int,
        draws: npt.NDArray[np.int64],
    ) -> None:
        super().__init__(workers=1)
        self.table = table
        self.draws = draws
        """The dialogues of an epoch, some perhaps more than once."""
        self.settings = settings
        self.actions, self.columns = actions, columns
        self.ladder = length_steps(table.lengths)
        self.size = settings.training.batch or batch_size(len(table.lengths))
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Draw the batches of `epoch`."""
        self.epoch = epoch
        rng = np.random.default_rng([self.settings.seed, epoch])
        self.batches = plan(self.table.lengths, self.draws, self.ladder, self.size, rng)
        self.hidden = rng.random(len(self.table.lengths)) < self.settings.training.hide_values

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Arrays, npt.NDArray[Any], npt.NDArray[Any]]:
        draw = np.random.default_rng([self.settings.seed, self.epoch, number])
        arrays = self._arrays(*self.batches[number], draw)
        self.table.give_back()  # or all of a large corpus would soon be in memory
        return arrays

    def on_epoch_end(self) -> None:
        """Draw the next epoch's batches."""
        self.begin(self.epoch + 1)

    def _arrays(
        self, steps: int, rows: int, dialogues: npt.NDArray[np.int64], draw: np.random.Generator
    ) -> tuple[Arrays, npt.NDArray[Any], npt.NDArray[Any]]:
        """*Shapes:* as `Network.training_model` takes them; y (B, T, A), weight (B, T)."""
        table, per_turn = self.table, self.settings.network.answer == "turn"
        turns = table.dialogue_turns(dialogues)
        lengths = table.lengths[dialogues]
        row = np.repeat(np.arange(len(dialogues)), lengths)
        step = np.arange(len(turns)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        hidden = np.repeat(self.hidden[dialogues], lengths)

        utterance = np.where(hidden, table.hidden.utterance[turns], table.turns.utterance[turns])
        distinct, number = np.unique(utterance, return_inverse=True)
        recurrent = self.settings.network.encoder == "lstm"
        utterances = table.utterances.take(distinct)
        words, place = layout().arrays(utterances, rows * steps, recurrent)
        index = np.zeros((rows, steps), np.int32)
        index[row, step] = place[number]
        context = np.zeros((rows, steps, self.columns), np.float32)
        for source, shown in ((table.turns, ~hidden), (table.hidden, hidden)):
            columns = source.columns.take(turns[shown])
            values = source.values[source.columns.places(turns[shown])]
            place = columns.row_of_each()
            values = dropped(values, self.settings.network.context_dropout, draw)
            context[row[shown][place], step[shown][place], columns.flat] = values
        network = self.settings.network
        kept = {
            name: dropped(np.ones((rows, steps, size), np.float32), network.dropout, draw)
            for name, size in kept_sizes(network).items()
        }
        if "word_weight" in words:
            words["word_weight"] = dropped(words["word_weight"], network.word_dropout, draw)
        x = {**words, **kept, "index": index, "context": context}

        allowed = np.ones((rows, steps, self.actions), np.float32)
        if per_turn:
            allowed[row, step] = table.allowed(self.actions, turns)
            y = np.zeros((rows, steps, self.actions), np.float32)
            targets = table.targets.take(turns)
            place = targets.row_of_each()
            y[row[place], step[place], targets.flat] = 1
            weight = np.zeros((rows, steps), np.float32)
            weight[row, step] = 1
            return {**x, "allowed": allowed}, y * allowed, weight
        y = np.zeros((rows, self.actions), np.float32)
        targets = table.targets.take(dialogues)
        y[targets.row_of_each(), targets.flat] = 1
        last = np.zeros((rows, steps), np.float32)
        last[np.arange(len(dialogues)), lengths - 1] = 1
        weight = (np.arange(rows) < len(dialogues)).astype(np.float32)
        return {**x, "allowed": np.ones_like(y), "last": last}, y, weight


def batch_size(dialogues: int) -> int:
    """Dialogues a step, by the size of the corpus.

    A small corpus needs its many small steps; of a large one, each step costs the optimizer as much
    whatever is in it.
    """
    return int(np.clip(dialogues // STEPS_AN_EPOCH, *SIZES))


def length_steps(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The few lengths that dialogues are padded to, by quantiles of their own. *Shape:* (S,)."""
    shares = np.linspace(0, 1, layout().lengths + 1)[1:]
    return np.unique(np.quantile(lengths, shares, method="higher"))


def plan(
    lengths: npt.NDArray[np.int64],
    draws: npt.NDArray[np.int64],
    ladder: npt.NDArray[np.int64],
    batch: int,
    rng: np.random.Generator,
) -> list[tuple[int, int, npt.NDArray[np.int64]]]:
    """An epoch in a random order: for each batch its T, its B and which dialogues are in it."""
    batches = []
    shuffled = rng.permutation(draws)
    rung = np.searchsorted(ladder, lengths[shuffled])
    for number, steps in enumerate(ladder.tolist()):
        dialogues = shuffled[rung == number]
        rows = max(1, min(batch, TURNS // steps))
        batches += [
            (steps, rows, dialogues[first : first + rows])
            for first in range(0, len(dialogues), rows)
        ]
    return [batches[number] for number in rng.permutation(len(batches))]


def dropped(
    values: npt.NDArray[np.float32], share: float, draw: np.random.Generator
) -> npt.NDArray[np.float32]:
    """`values`, a `share` of them 0 and the others larger by as much (Srivastava et al., 2014).

    Drawn here and not in the network, a batch is the same on every backend, a program without
    random numbers compiles in half the time, and of sparse values only the others are drawn for.
    *Shape:* any, and the same.
    """
    kept = draw.random(values.shape, np.float32) >= share
    return values * kept / np.float32(1 - share)
