"""The grid of LSTM shapes: ours beside Keras's and torch's own, and Keras's on JAX, in turns.

    python -m benchmarks.layers.lstm [--rounds N] [--threads N] [--batches 1 16 128] [--out FILE]

For every shape (B, T, F, U), forward and with gradients, each side is called for a while in a
round, and the sides take turns, so that what else the machine does meets all of them. On torch the
sides are in one process; Keras on JAX, compiled, is in another that is asked for its calls in
between. Printed: milliseconds, the median over the rounds, on one thread those of the processor;
then how many times the time of Keras, and of torch.nn, ours is: the median of the ratios within a
round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

BATCHES, STEPS, SIZES = (1, 16, 128), (1, 20, 100), (64, 256)
SPAN = 0.01
"""Seconds of calls in a row, of which the mean is a side's figure in a round."""
Shape = tuple[int, int, int, int]
Sides = dict[str, Callable[[], object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, nargs="+", default=list(BATCHES))
    parser.add_argument("--steps", type=int, nargs="+", default=list(STEPS))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        answer()
        return
    os.environ |= {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": str(given.threads)}
    lines = list(table(given))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n")


def table(given: Any) -> Any:
    """The lines of the table, each printed when it is done."""
    import torch

    torch.set_num_threads(given.threads)
    head = (
        "B, T, F, U",
        "",
        "Keras",
        "ours",
        "torch.nn",
        "Keras on JAX",
        "of Keras",
        "of torch.nn",
    )
    rule = ("---", "---", *["---:"] * 6)
    for row in (head, rule):
        yield shown(row)
    with Jax(given.threads) as jax:
        for shape in product(given.batches, given.steps, SIZES, SIZES):
            for slopes in (False, True):
                sides = {**torch_sides(shape, slopes), "JAX": jax.side(shape, slopes)}
                yield shown(measured(shape, slopes, sides, given.rounds))


def shown(row: Any) -> str:
    line = f"| {' | '.join(row)} |"
    print(line, flush=True)
    return line


def measured(shape: Shape, slopes: bool, sides: Sides, rounds: int) -> list[str]:
    """One row of the table."""
    calls = {}
    for name, side in sides.items():
        side()
        calls[name] = int(np.clip(SPAN / clock(side), 1, 30))
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            spent[name].append(float(np.mean([clock(side) for _ in range(calls[name])])))
    ms = {name: 1000 * np.median(seconds) for name, seconds in spent.items()}
    ours = np.array(spent["ours"])
    ratios = [np.median(ours / np.array(spent[name])) for name in ("Keras", "torch.nn")]
    figures = [f"{ms[name]:.2f}" for name in ("Keras", "ours", "torch.nn", "JAX")]
    way = "with gradients" if slopes else "forward"
    return [", ".join(map(str, shape)), way, *figures, *(f"{ratio:.2f}" for ratio in ratios)]


def clock(side: Callable[[], object]) -> float:
    """Seconds; a side that measures itself returns them."""
    began = now()
    given = side()
    return given if isinstance(given, float) else now() - began


def now() -> float:
    """Seconds of the processor on one thread, so that other processes matter less, else seconds."""
    return time.process_time() if os.environ["OMP_NUM_THREADS"] == "1" else time.perf_counter()


def torch_sides(shape: Shape, slopes: bool) -> Sides:
    """Keras, ours and torch.nn on the same input."""
    import keras
    import torch

    from cueline.layers import LSTM

    batch, time_steps, features, units = shape
    x = torch.randn(batch, time_steps, features)
    theirs, ours = (layer(units, return_sequences=True) for layer in (keras.layers.LSTM, LSTM))
    for layer in (theirs, ours):
        layer.build(x.shape)
    plain = torch.nn.LSTM(features, units, batch_first=True)

    def side(call: Any, weights: list[Any]) -> Callable[[], object]:
        def forward() -> None:
            with torch.no_grad():
                call(x)

        return (lambda: torch.autograd.grad(call(x).sum(), weights) and None) if slopes else forward

    return {
        "Keras": side(theirs, [w.value for w in theirs.weights]),
        "ours": side(ours, [w.value for w in ours.weights]),
        "torch.nn": side(lambda x: plain(x)[0], list(plain.parameters())),
    }


class Jax:
    """A process with Keras on JAX, which is asked for one call at a time."""

    def __init__(self, threads: int) -> None:
        flags = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}"
        environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
        command = [sys.executable, "-m", "benchmarks.layers.lstm", "--worker"]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Jax:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def side(self, shape: Shape, slopes: bool) -> Callable[[], float]:
        """Seconds of a call there."""

        def call() -> float:
            assert self.process.stdin and self.process.stdout
            print(json.dumps([shape, slopes]), file=self.process.stdin, flush=True)
            return float(self.process.stdout.readline())

        return call


def answer() -> None:
    """Each line on stdin is a shape, and whether gradients are wanted; seconds go out."""
    known: dict[str, Any] = {}
    for line in sys.stdin:
        if line not in known:
            shape, slopes = json.loads(line)
            known = {line: jax_side(tuple(shape), slopes)}
            known[line]()  # compiles
        print(clock(known[line]), flush=True)


def jax_side(shape: Shape, slopes: bool) -> Callable[[], object]:
    """Keras's LSTM, compiled."""
    import jax
    import keras

    batch, time_steps, features, units = shape
    x = jax.numpy.asarray(np.random.default_rng(0).standard_normal(shape[:3]), "float32")
    layer = keras.layers.LSTM(units, return_sequences=True)
    layer.build(x.shape)
    rest = [v.value for v in layer.non_trainable_variables]
    weights = [v.value for v in layer.trainable_variables]

    def forward(weights: Any) -> Any:
        return layer.stateless_call(weights, rest, x)[0]

    call = jax.jit(jax.grad(lambda w: forward(w).sum()) if slopes else forward)

    def run() -> None:
        jax.block_until_ready(call(weights))

    return run


if __name__ == "__main__":
    main()
