"""From the flat arrays of a dataset to batches of few shapes, with little padding.

Dialogues of like length go together, and lengths are rounded up to a few steps, so that a compiled
backend compiles a handful of programs and padding stays small.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset
from cueline.dataset.ragged import within
from cueline.settings import Settings
from cueline.training.model import kept_sizes
from cueline.training.scheduled_sampling import OwnDecisions, share_after
from cueline.training.sparse_context import SparseContext
from cueline.training.utterance_layout import Arrays, layout

TURNS = 8192
"""Turns of a batch at the most, padding included: very long dialogues come fewer at a time."""
STEPS_AN_EPOCH = 125
SIZES = 16, 128
"""Dialogues a step, if nobody says how many: at the least and at the most."""

ALL_ALLOWED = np.ones((1, 1, 1), np.float32)
"""The mask of a corpus in which every action is allowed at every turn: with many, most of a batch
would be that."""


class Batches(keras.utils.PyDataset):
    """The batches of one epoch after another, drawn anew for each from the seed and its number."""

    def __init__(
        self,
        dataset: Dataset,
        settings: Settings,
        actions: int,
        columns: int,
        draws: npt.NDArray[np.int64],
    ) -> None:
        super().__init__(workers=1)
        self.dataset = dataset
        self.draws = draws
        """The dialogues of an epoch, some perhaps more than once."""
        self.settings = settings
        self.actions, self.columns = actions, columns
        self.ladder = length_steps(dataset.lengths)
        self.size = settings.training.batch or batch_size(len(dataset.lengths))
        self.masked = settings.network.answer == "turn" and not dataset.allows_all(actions)
        """Whether any action is not allowed at any turn."""
        self.own = OwnDecisions(dataset, actions, settings.seed)
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Draw the batches of `epoch`."""
        self.epoch = epoch
        rng = np.random.default_rng([self.settings.seed, epoch])
        self.batches = plan(self.dataset.lengths, self.draws, self.ladder, self.size, rng)
        self.value_masked = (
            rng.random(len(self.dataset.lengths)) < self.settings.training.hide_values
        )

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Arrays, npt.NDArray[Any], npt.NDArray[Any]]:
        draw = np.random.default_rng([self.settings.seed, self.epoch, number])
        own_share = share_after(self.epoch * len(self.batches) + number)
        arrays = self._arrays(*self.batches[number], draw, own_share)
        self.dataset.release()  # or all of a large corpus would soon be in memory
        return arrays

    def on_epoch_end(self) -> None:
        """Draw the next epoch's batches."""
        self.begin(self.epoch + 1)

    def _arrays(
        self,
        steps: int,
        rows: int,
        dialogues: npt.NDArray[np.int64],
        draw: np.random.Generator,
        own_share: float,
    ) -> tuple[Arrays, npt.NDArray[Any], npt.NDArray[Any]]:
        """*Shapes:* as `Network.training_model` takes them; y (B, T, A), weight (B, T)."""
        shape = layout().shape(rows, steps, self.dataset.lengths[dialogues])
        grid = Grid.of(self.dataset, *shape, dialogues)
        value_masked, network = self.value_masked[dialogues][grid.row], self.settings.network
        words = self._words(grid, value_masked)
        context = self._context(grid, value_masked, draw)
        x = dict(words)
        for name, size in kept_sizes(network).items():
            kept = dropped(np.ones((rows, steps, size), np.float32), network.dropout, draw)
            x[name] = kept[: grid.rows, : grid.steps]  # drawn alike whatever the layout
        if "word_weight" in x:
            x["word_weight"] = dropped(x["word_weight"], network.word_dropout, draw)
        context = self._with_own(context, grid, draw, own_share)
        x |= layout().context(context, (grid.rows, grid.steps, self.columns))
        if network.answer == "turn":
            allowed, y, weight = self._turn_answers(grid)
            return {**x, "allowed": allowed}, y, weight
        last, y, weight = self._dialogue_answers(grid)
        return {**x, "allowed": ALL_ALLOWED[0], "last": last}, y, weight

    def _words(self, grid: Grid, value_masked: npt.NDArray[np.bool_]) -> Arrays:
        """The distinct utterances, and which of them each turn has. *Shape:* index (B, T)."""
        seen, novel = self.dataset.turns.utterance, self.dataset.value_masked.utterance
        utterance = np.where(value_masked, novel[grid.turns], seen[grid.turns])
        distinct, number = np.unique(utterance, return_inverse=True)
        recurrent = self.settings.network.encoder == "lstm"
        utterances = self.dataset.utterances.take(distinct)
        words, place = layout().arrays(utterances, grid.rows * grid.steps, recurrent)
        index = np.zeros((grid.rows, grid.steps), np.int32)
        index[grid.row, grid.step] = place[number]
        return {**words, "index": index}

    def _context(
        self, grid: Grid, value_masked: npt.NDArray[np.bool_], draw: np.random.Generator
    ) -> SparseContext:
        """As the corpus has it, some of it dropped."""
        parts = []
        share = self.settings.network.context_dropout
        for source, shown in (
            (self.dataset.turns, ~value_masked),
            (self.dataset.value_masked, value_masked),
        ):
            columns = source.columns.take(grid.turns[shown])
            values = source.values[source.columns.places(grid.turns[shown])]
            cells = grid.cells[shown][columns.row_of_each()]
            parts.append((cells, columns.flat, dropped(values, share, draw)))
        return SparseContext.of(parts)

    def _with_own(
        self, context: SparseContext, grid: Grid, draw: np.random.Generator, share: float
    ) -> SparseContext:
        """At a share of turns, the network's own decision is what was done before."""
        if not len(self.own.turns):  # of labels of dialogues there may be more than columns
            return context
        shown = (draw.random(len(grid.turns)) < share) & (grid.step > 0)
        shown[shown] = self.own.known(grid.turns[shown] - 1)
        cells = grid.cells[shown]
        row, column = self.own.at(grid.turns[shown] - 1).nonzero()
        kept = self.settings.network.context_dropout
        done = dropped(np.ones(len(row), np.float32), kept, draw)
        others = ~context.at(cells, self.actions)
        return SparseContext.of([context.take(others), (cells[row], column, done)])

    def _turn_answers(self, grid: Grid) -> tuple[npt.NDArray[np.float32], ...]:
        """*Shapes:* allowed (B, T, A) or (1, 1, 1), y (B, T, A), weight (B, T)."""
        shape = (grid.rows, grid.steps, self.actions)
        y = np.zeros(shape, np.float32)
        targets = self.dataset.targets.take(grid.turns)
        place = targets.row_of_each()
        y[grid.row[place], grid.step[place], targets.flat] = 1
        weight = np.zeros(shape[:2], np.float32)
        weight[grid.row, grid.step] = 1
        if not self.masked:
            return ALL_ALLOWED, y, weight
        allowed = np.ones(shape, np.float32)
        allowed[grid.row, grid.step] = self.dataset.allowed(self.actions, grid.turns)
        return allowed, y * allowed, weight

    def _dialogue_answers(self, grid: Grid) -> tuple[npt.NDArray[np.float32], ...]:
        """*Shapes:* last (B, T), y (B, A), weight (B,)."""
        y = np.zeros((grid.rows, self.actions), np.float32)
        targets = self.dataset.targets.take(grid.dialogues)
        y[targets.row_of_each(), targets.flat] = 1
        last = np.zeros((grid.rows, grid.steps), np.float32)
        ends = self.dataset.lengths[grid.dialogues] - 1
        last[np.arange(len(ends)), ends] = 1
        weight = (np.arange(grid.rows) < len(ends)).astype(np.float32)
        return last, y, weight


class Grid(NamedTuple):
    """The `N` turns of some dialogues in a grid of `rows` dialogues with `steps` turns each."""

    rows: int
    steps: int
    dialogues: npt.NDArray[np.int64]
    turns: npt.NDArray[np.int64]
    """Their numbers in the dataset. *Shape:* (N,)."""
    row: npt.NDArray[np.int64]
    """*Shape:* (N,)."""
    step: npt.NDArray[np.int64]
    """*Shape:* (N,)."""

    @property
    def cells(self) -> npt.NDArray[np.int64]:
        """Where each stands, row after row. *Shape:* (N,)."""
        return self.row * self.steps + self.step

    @classmethod
    def of(cls, dataset: Dataset, rows: int, steps: int, dialogues: npt.NDArray[np.int64]) -> Grid:
        """Dialogue after dialogue, each from the left."""
        turns, lengths = dataset.dialogue_turns(dialogues), dataset.lengths[dialogues]
        row = np.repeat(np.arange(len(dialogues)), lengths)
        return cls(rows, steps, dialogues, turns, row, within(lengths))


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
