"""A linear model of one turn: its words, its context, and the actions just before it.

That is the network without recurrence and hidden layers, with the same loss and decision model:
softmax regression of the one action, or of the whole set. It is fitted by AdaGrad (Duchi
et al., 2011), which on sparse columns needs few passes and no tuning.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from cueline.dataset import Dataset, Ragged
from cueline.dataset.ragged import in_portions
from cueline.dataset.target_bits import TargetBits
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.fitting import Evidence, tuned_temperature
from cueline.policy.scoring import Score, score
from cueline.types import Array, Ints

MAX_WEIGHTS = 2_000_000
"""The kernel has at most this number: the most frequent columns are kept."""
TRAINING_STEPS = 500_000
"""Answers seen in training, all passes together; the numbers of passes below take precedence."""
TRAINING_NUMBERS = 250_000_000
"""Logits computed in training: with very many actions, fewer answers are seen."""
MIN_PASSES, MAX_PASSES = 3, 20
CALIBRATED_BY = 4000
"""The temperature is fitted to about this number of held-out answers."""
BATCH_SIZE = 250
LEARNING_RATE = np.float32(0.5)
_ONE = np.ones(1, np.float32)


class Inputs(NamedTuple):
    """What is known at each of the turns at which an answer is due: columns that are not zero."""

    columns: Ragged
    """Word numbers, and context columns after the last of them. A row an answer."""
    values: Array
    """*Shape:* (len(columns.flat),)."""

    @classmethod
    def of(cls, dataset: Dataset, due: Ints, words: int) -> Inputs:
        """The inputs at the turns numbered `due`, where the vocabulary has `words` entries.

        A word counts once however often it is said, and the words of a turn are scaled to a norm of
        1: a long turn weighs no more than a short one.
        """
        text = _distinct(dataset.utterances, words).take(dataset.turns.utterance[due])
        context = dataset.turns.columns.take(due)
        scale = 1 / np.sqrt(np.maximum(text.lengths, 1))
        rows = np.concatenate([text.row_of_each(), context.row_of_each()])
        order = np.argsort(rows, kind="stable")
        columns = np.concatenate([text.flat, context.flat + words])[order]
        values = np.concatenate(
            [scale[text.row_of_each()], dataset.turns.values[dataset.turns.columns.places(due)]]
        )[order]
        starts = text.starts + context.starts
        return cls(Ragged(columns, starts), values.astype(np.float32))

    def only(self, columns: Ints) -> Inputs:
        """The given columns alone, numbered by their places in `columns`, which ascend."""
        place = np.searchsorted(columns, self.columns.flat)
        place = np.minimum(place, max(len(columns) - 1, 0))
        kept = columns[place] == self.columns.flat if len(columns) else place < 0
        starts = np.concatenate([[0], np.cumsum(kept)])[self.columns.starts]
        return Inputs(Ragged(place[kept], starts), self.values[kept])

    def dense(self, rows: Ints) -> tuple[Array, Ints]:
        """The given rows as a dense array, and which columns it has. *Shapes:* (rows, U), (U,)."""
        part = self.columns.take(rows)
        distinct, place = np.unique(part.flat, return_inverse=True)
        values = self.values[self.columns.places(rows)]
        cell = part.row_of_each() * len(distinct) + place
        x = np.bincount(cell, values, minlength=len(rows) * len(distinct))
        return x.reshape(len(rows), len(distinct)).astype(np.float32), distinct


class Linear(NamedTuple):
    """The model. *Shapes:* columns (K,), kernel (K, A), bias (A,)."""

    columns: npt.NDArray[np.int32]
    """The columns that have weights."""
    kernel: npt.NDArray[np.float16]
    bias: Array
    temperature: Array = _ONE
    """Log weights are to be divided by it. *Shape:* (1,)."""

    def decision_model(self, decision_model: DecisionModel) -> DecisionModel:
        """`decision_model` at the temperature of this model."""
        return msgspec.structs.replace(decision_model, temperature=float(self.temperature[0]))

    def logits(self, inputs: Inputs) -> Array:
        """*Shape:* (answers, A)."""
        inputs = inputs.only(self.columns.astype(np.int64))
        kernel = self.kernel.astype(np.float32)
        logits = np.empty((len(inputs.columns), len(self.bias)), np.float32)
        for rows in in_portions(np.arange(len(logits)), BATCH_SIZE):
            x, columns = inputs.dense(rows)
            logits[rows] = x @ kernel[columns] + self.bias
        return logits

    @classmethod
    def fit(
        cls,
        inputs: Inputs,
        targets: TargetBits,
        decision_model: DecisionModel,
        held_out: Inputs,
        held_out_targets: TargetBits,
    ) -> Linear:
        """Fit to `targets`, keeping the pass with most of `held_out_targets` right.

        The temperature is fitted to the latter too.
        """
        decision_model = msgspec.structs.replace(decision_model, temperature=1.0)
        columns = _frequent(
            inputs.columns.flat, MAX_WEIGHTS // decision_model.distribution.n_actions
        )
        inputs, passes = inputs.only(columns), _passes(*targets.bits.shape)
        training = _Training(inputs, targets, decision_model, len(columns))
        best, best_score = training.model(columns), None
        for number in range(passes):
            training.run(np.random.default_rng(number).permutation(len(targets.bits)))
            model = training.model(columns)
            now: Score = score(decision_model, model.logits(held_out), held_out_targets)
            if best_score is None or now > best_score:
                best, best_score = model, now
        some = slice(None, None, len(held_out_targets.bits) // CALIBRATED_BY + 1)
        part = TargetBits(*(array[some] for array in held_out_targets))
        answers = np.arange(len(part.bits))
        nothing_new = np.zeros((len(answers), 2))
        logits = best.logits(held_out)[some]
        evidence = Evidence(decision_model, logits, part, nothing_new, answers)
        temperature = tuned_temperature([evidence])
        return best._replace(temperature=np.array([temperature], np.float32))


class _Training:
    def __init__(
        self, inputs: Inputs, targets: TargetBits, decision_model: DecisionModel, columns: int
    ) -> None:
        self.inputs, self.decision_model, self.allowed = inputs, decision_model, targets.allowed
        self.bits = targets.bits & targets.allowed
        share = (self.bits.sum(axis=0) + 0.5) / (len(self.bits) + 1)
        self.bias = np.log(share if decision_model.single_action else share / (1 - share)).astype(
            np.float32
        )
        self.kernel = np.zeros((columns, len(self.bias)), np.float32)
        self.bias_squares = np.ones_like(self.bias)
        self.kernel_squares = np.full_like(self.kernel, 0.01)

    def run(self, order: Ints) -> None:
        for rows in in_portions(order, BATCH_SIZE):
            x, columns = self.inputs.dense(rows)
            logits = x @ self.kernel[columns] + self.bias
            # The gradient of the nll of the right set: what is expected, less what is right.
            expected = self.decision_model.predict(logits, self.allowed[rows]).probabilities
            error = expected - self.bits[rows]
            gradient = x.T @ error
            self.kernel_squares[columns] += gradient**2
            self.kernel[columns] -= LEARNING_RATE * gradient / np.sqrt(self.kernel_squares[columns])
            gradient = error.sum(axis=0)
            self.bias_squares += gradient**2
            self.bias -= LEARNING_RATE * gradient / np.sqrt(self.bias_squares)

    def model(self, columns: Ints) -> Linear:
        return Linear(columns.astype(np.int32), self.kernel.astype(np.float16), self.bias.copy())


def _distinct(rows: Ragged, words: int) -> Ragged:
    """Each row's items, once each and ascending."""
    pairs = np.sort(rows.row_of_each() * words + rows.flat)  # `np.unique` is far slower on these
    row, item = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], words)
    return Ragged(item, np.searchsorted(row, np.arange(len(rows) + 1)))


def _passes(answers: int, actions: int) -> int:
    steps = min(TRAINING_STEPS, TRAINING_NUMBERS // actions)
    return min(max(steps // max(answers, 1), MIN_PASSES), MAX_PASSES)


def _frequent(flat: Ints, limit: int) -> Ints:
    """The `limit` most frequent columns, ascending."""
    counts = np.bincount(flat)
    ranked = np.argsort(-counts, kind="stable")[:limit]
    return np.sort(ranked[counts[ranked] > 0])
