"""A training step of `TimeDistributed(LSTM)`: ours, and Keras's, side by side in one run.

    python -m benchmarks.layers.time_distributed [--backend torch|jax] [--rounds N]

With `--rounds 0` only the first steps are timed.

Words become turns: B=32 dialogues of T=24 turns of W=24 words, an embedding of 100, an LSTM of 128
and Adam. The sides take turns, one training step each a round, so that what else the machine does
meets all of them. Printed: milliseconds a step, and the ratio to Keras in the same round, each as
the median and, in brackets, the quartiles; then by how many seconds the first step, which compiles,
exceeds a later one, as T grows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

BATCH, TURNS, WORDS, EMBEDDING, UNITS, VOCABULARY = 32, 24, 24, 100, 128, 1000
KERAS = "Keras"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--backend", choices=["torch", "jax"], help="default: both")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    if options.backend:
        os.environ["KERAS_BACKEND"] = options.backend
        os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)  # what is compiled is to be timed
        measure(options.rounds)
        return
    for backend in ("torch", "jax"):
        if find_spec(backend):
            command = [sys.executable, __file__, "--backend", backend]
            subprocess.run([*command, "--rounds", str(options.rounds)], check=True)


def measure(rounds: int) -> None:
    import keras

    print(f"{keras.backend.backend()}, Keras {keras.version()}, {os.cpu_count()} cores")
    kinds = (("every word real", False), ("right-padded, mask_zero=True", True))
    for title, masked in kinds if rounds else ():
        print(f"\ntraining step, {title}: ms; times faster than Keras")
        steps = {name: step(make(masked), TURNS, masked) for name, make in sides().items()}
        seconds = interleaved(steps, rounds)
        for name, spent in seconds.items():
            faster = np.array(seconds[KERAS]) / np.array(spent)
            print(f"  {name:<22}{spread(1000 * np.array(spent), 0)}  {spread(faster, 2)}")
    times = (4, 24, 96)
    print(f"\nfirst step beyond a later one at T={times}: s")
    for name, make in sides().items():
        print(f"  {name:<22}", *(f"{first(step(make(True), t, True)):7.2f}" for t in times))


def sides() -> dict[str, Callable[[bool], Any]]:
    """Each makes, for masked or unmasked words, the layer from words to turns."""
    from keras import layers

    from cueline.layers import LSTM, TimeDistributed

    def side(distributed: Any, lstm: Any) -> Callable[[bool], Any]:
        return lambda masked: distributed(words_to_turn(lstm, masked))

    return {
        KERAS: side(layers.TimeDistributed, layers.LSTM),
        "ours, Keras's LSTM": side(TimeDistributed, layers.LSTM),
        "ours": side(TimeDistributed, LSTM),
    }


def words_to_turn(lstm: Any, masked: bool) -> Any:
    import keras

    embedding = keras.layers.Embedding(VOCABULARY, EMBEDDING, mask_zero=masked)
    return keras.Sequential([keras.Input((WORDS,), dtype="int32"), embedding, lstm(UNITS)])


def step(layer: Any, turns: int, masked: bool) -> Callable[[], object]:
    """One training step on the same words for every side."""
    import keras

    model = keras.Sequential([keras.Input((turns, WORDS), dtype="int32"), layer])
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    words = rng.integers(1, VOCABULARY, (BATCH, turns, WORDS)).astype("int32")
    if masked:
        words[np.arange(WORDS) >= rng.integers(1, WORDS + 1, (BATCH, turns, 1))] = 0
    targets = rng.standard_normal((BATCH, turns, UNITS)).astype("float32")
    return lambda: model.train_on_batch(words, targets)


def interleaved(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    for warm_up in (*steps.values(), *steps.values()):
        warm_up()
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, run in steps.items():
            seconds[name].append(clock(run))
    return seconds


def first(run: Callable[[], object]) -> float:
    return clock(run) - min(clock(run) for _ in range(3))


def clock(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def spread(values: np.ndarray, digits: int) -> str:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:7.{digits}f} [{low:.{digits}f}-{high:.{digits}f}]"


if __name__ == "__main__":
    main()
