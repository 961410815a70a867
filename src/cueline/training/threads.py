"""Small products on one thread: several wait for each other longer than they compute.

A thread that waits keeps its core busy all the while, and where other processes want the cores too,
it waits for a thread that has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from threadpoolctl import threadpool_limits

if keras.backend.backend() == "torch":
    import torch

SMALL_PRODUCT = 10e6
"""Multiplications and additions that are done before a second thread has begun."""


@contextmanager
def suited_threads(rows: int, units: int) -> Iterator[None]:
    """Inside, one thread if an LSTM's step over `rows` is a small product, else as before.

    On torch alone: JAX's threads do not keep a core while they wait. The sizes alone decide, never
    how busy the machine is, since the number of threads may show in the last bit.
    """
    if keras.backend.backend() != "torch" or 2 * rows * units * 4 * units > SMALL_PRODUCT:
        yield
        return
    before = torch.get_num_threads()
    with threadpool_limits(limits=1):
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
