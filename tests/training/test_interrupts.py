"""Ctrl-C ends training wherever it arrives, also where Keras swallows it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import keras
import numpy as np
import pytest

from cueline.training.interrupts import Interrupts

BATCHES = 4


class Pressed(keras.callbacks.Callback):
    """Ctrl-C at one batch, swallowed as `keras.src.utils.python_utils.pythonify_logs` does."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at, self.batches = at, 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.batches += 1
        if batch == self.at:
            with contextlib.suppress(BaseException):
                signal.raise_signal(signal.SIGINT)


@pytest.fixture
def model() -> keras.Model:
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    # What is started in the background may ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def fit(model: keras.Model, callbacks: list[keras.callbacks.Callback]) -> None:
    x = np.ones((BATCHES, 1), "float32")
    model.fit(x, x, batch_size=1, epochs=3, shuffle=False, verbose=0, callbacks=callbacks)


@pytest.mark.parametrize("at", range(BATCHES))
def test_an_interrupt_that_is_swallowed_ends_training_after_its_batch(
    model: keras.Model, at: int
) -> None:
    pressed = Pressed(at)
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        fit(model, [pressed, interrupts])
    assert pressed.batches == at + 1


def test_an_interrupt_that_is_heard_is_not_raised_again(model: keras.Model) -> None:
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert interrupts.frame is not None
    with Interrupts() as interrupts:
        fit(model, [interrupts])


def test_whoever_handles_interrupts_is_asked_again(model: keras.Model) -> None:
    def leave(number: int, frame: object) -> None:
        raise SystemExit(130)

    before = signal.signal(signal.SIGINT, leave)
    try:
        with pytest.raises(SystemExit), Interrupts() as interrupts:
            fit(model, [Pressed(1), interrupts])
        assert signal.getsignal(signal.SIGINT) is leave
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_gets_no_signals_and_trains_all_the_same(model: keras.Model) -> None:
    done = []

    def work() -> None:
        with Interrupts() as interrupts:
            fit(model, [interrupts])
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
