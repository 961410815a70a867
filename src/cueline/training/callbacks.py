"""Callbacks of `model.fit`: progress, the best epoch so far, early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import keras
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from cueline.errors import TrainingError
from cueline.policy.scoring import Score
from cueline.settings import TrainingSettings
from cueline.training.batches import Batches
from cueline.training.checkpoint import TrainingState
from cueline.training.interrupts import Interrupts
from cueline.training.progress import progress_console
from cueline.types import Array

MIN_STEPS = 250
"""Steps without a better score before training stops; a small corpus has few an epoch."""


class TrainingLoop(keras.callbacks.Callback):
    """Shows progress after each step, keeps the best epoch, and stops early."""

    def __init__(
        self,
        settings: TrainingSettings,
        run: TrainingState,
        score: Callable[[dict[str, Array]], Score],
        weights: Callable[[], dict[str, Array]],
        save: Callable[[], None],
        turns: int,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.run = run
        self.score, self.weights, self.save = score, weights, save
        self.turns = turns
        self.console = progress_console()
        self.stopped = False
        """Whether Ctrl-C ended it."""

    def fit(
        self,
        model: keras.Model,
        batches: Batches,
        others: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        """Train `model` until it gets no better, the epochs are over, or Ctrl-C.

        The `others` are called after this.
        """
        self.steps = len(batches)
        if self._finished():
            return
        if self.run.epoch:
            self.console.print(f"resuming after epoch {self.run.epoch}")
        batches.begin(self.run.epoch)
        columns = (
            TextColumn("epoch {task.fields[epoch]:>3}"),
            BarColumn(),
            TextColumn("{task.fields[rate]:>7,.0f} turns/s"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as self.bar:
            self.task: TaskID = self.bar.add_task("", total=len(batches), epoch=1, rate=0.0)
            try:
                with Interrupts() as interrupts:
                    model.fit(
                        batches,
                        epochs=self.settings.epochs,
                        initial_epoch=self.run.epoch,
                        callbacks=[self, *others, interrupts],
                        shuffle=False,
                        verbose=0,
                    )
            except KeyboardInterrupt:
                if self.run.best_score is None:
                    raise TrainingError("stopped before the first epoch was over") from None
                self.stopped = True
                self.console.print(f"stopped; keeping epoch {self.run.best_epoch}")

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the bar afresh."""
        self.began = time.perf_counter()
        self.bar.reset(self.task, epoch=epoch + 1, rate=0.0)

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Move the bar."""
        steps = self.bar.tasks[0].total or 1
        rate = self.turns * (batch + 1) / steps / (time.perf_counter() - self.began)
        self.bar.update(self.task, completed=batch + 1, rate=rate)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Score the epoch on held-out dialogues, keep it if it is the best, save the run."""
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} after epoch {epoch + 1}; "
                "lower `learning_rate` or `clip` under [training]"
            )
        seconds = time.perf_counter() - self.began
        weights = self.weights()
        score = self.score(weights)
        self.run.epoch = epoch + 1
        self.run.history.append((loss, score.exact))
        if score.better_than(self.run.best_score):
            self.run.best_epoch, self.run.best_score = epoch + 1, score
            self.run.best = weights
        self.save()
        best = "  *" if self.run.best_epoch == epoch + 1 else ""
        self.console.print(
            f"epoch {epoch + 1:>3}  loss {loss:.4f}  held-out exact {score.exact:.4f}"
            f"  {self.turns / seconds:,.0f} turns/s{best}",
            highlight=False,
        )
        self.model.stop_training = self._finished()

    def _finished(self) -> bool:
        waited = self.run.epoch - self.run.best_epoch
        patience = max(self.settings.patience, math.ceil(MIN_STEPS / self.steps))
        return self.run.epoch >= self.settings.epochs or waited >= patience
