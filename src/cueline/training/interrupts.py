"""Ctrl-C while Keras trains."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Self

import keras


class Interrupts(keras.callbacks.Callback):
    """A callback, to be entered around `fit`, which raises again an interrupt that Keras swallowed.

    Keras turns the figures of a batch into numbers and catches whatever is raised meanwhile; on JAX
    that is where it waits for the batch, and so where every other Ctrl-C arrives.
    """

    def __enter__(self) -> Self:
        self.frame: FrameType | None = None
        """Where an interrupt came that has not ended the training yet."""
        self.before = None
        if threading.current_thread() is threading.main_thread():  # others get no signals
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self.before = before
                signal.signal(signal.SIGINT, self._noted)
        return self

    def __exit__(self, *raised: object) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        """Raise what was swallowed at the batch before."""
        if self.frame is not None and self.before is not None:
            frame, self.frame = self.frame, None
            self.before(signal.SIGINT, frame)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """The last batch of an epoch has none after it."""
        self.on_train_batch_begin(0)

    def _noted(self, number: int, frame: FrameType | None) -> None:
        self.frame = frame
        assert self.before is not None
        self.before(number, frame)
