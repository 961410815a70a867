"""The sizes at which training is compared, and how much arithmetic a turn is at them."""

from __future__ import annotations

import time

import numpy as np

EMBEDDING, WORD_UNITS, UNITS = 100, 128, 256
RATE, CLIP = 0.002, 1.0
"""Of Adam, as the project's default settings have them."""


def turn_flops(words: float, actions: int) -> float:
    """Of a training step, for a turn of so many words: forward, and twice that backward.

    Two for each multiply-add of the LSTMs and the Dense; the few columns of context are left out.
    """
    word = 4 * WORD_UNITS * (EMBEDDING + WORD_UNITS)
    turn = 4 * UNITS * (WORD_UNITS + UNITS) + UNITS * actions
    return 3 * 2 * (words * word + turn)


def default_flops(words: float, actions: int) -> float:
    """The same of the default network: a bag of words, whose sum is no product, and no more."""
    turn = EMBEDDING * 128 + 4 * 128 * (128 + 128) + (EMBEDDING + 128) * actions
    return 3 * 2 * turn


def product_gflops() -> float:
    """Reached by a product of two matrices of 1024 x 1024 floats, at its best of ten."""
    matrix = np.ones((1024, 1024), np.float32)
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - began)
    return 2 * 1024**3 / min(seconds) / 1e9
