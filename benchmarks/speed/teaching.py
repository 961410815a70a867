"""Teaching by the public path, in a process of its own: from a corpus file to a policy folder."""

from __future__ import annotations

import contextlib
import io
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.rounds import Figures

_RATE = re.compile(r"held-out exact \S+ +([\d,]+) turns/s")


@contextlib.contextmanager
def epoch_rates() -> Iterator[list[float]]:
    """Turns a second of each epoch trained inside, as training reports them on stderr."""
    said, rates = io.StringIO(), list[float]()
    with contextlib.redirect_stderr(said):
        yield rates
    rates += [float(rate.replace(",", "")) for rate in _RATE.findall(said.getvalue())]


def taught(folder: str, epochs: int, units: int | None = None, cores: int | None = None) -> Figures:
    """Train on `train.jsonl` in `folder` so many epochs, and keep the policy if `units` are given.

    Without `units` all settings are the defaults.
    """
    if cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import cueline  # after the cores are chosen, by which its threads are counted
    from cueline.settings import NetworkSettings, Settings, TrainingSettings

    training = TrainingSettings(epochs=epochs, patience=epochs)
    network = NetworkSettings() if units is None else NetworkSettings(units=units)
    with tempfile.TemporaryDirectory() as scratch, epoch_rates() as rates:
        out = Path(scratch if units is None else folder, "policy")
        began = time.perf_counter()
        settings = Settings(network=network, training=training)
        policy = cueline.train(Path(folder, "train.jsonl"), out, config=settings)
        seconds = time.perf_counter() - began
    turns = policy.training["turns"]
    return {"turns": turns, "turns_per_s": statistics.harmonic_mean(rates), "whole_s": seconds}


if __name__ == "__main__":
    rounds.answer(taught)
