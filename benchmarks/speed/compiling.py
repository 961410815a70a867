"""Compilation on JAX: how much longer the first epoch of default training takes than the second."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.corpora import Data, write_splits
from benchmarks.speed.rounds import Figures
from benchmarks.speed.teaching import epoch_rates

JAX = {"KERAS_BACKEND": "jax", "JAX_ENABLE_COMPILATION_CACHE": "false"}


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Of all SGD and of bAbI 5, each in a process that nothing was compiled in."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory(dir=work) as made:
        for name in ("SGD", "bAbI 5"):
            folder = str(write_splits(corpora, name, sample, False, Path(made, name)))
            ask = partial(rounds.ask, "speed.compiling", JAX, folder=folder)
            figures[name] = rounds.summary(rounds.interleaved({name: ask}))[name]
    print(rounds.table("Default training on JAX, seconds", figures), flush=True)
    return figures


def measured(folder: str) -> Figures:
    """Two epochs."""
    from cueline.settings import Settings, TrainingSettings
    from cueline.training.trainer import fit_policy

    data = Data.read(Path(folder))
    settings = Settings(training=TrainingSettings(epochs=2))
    with tempfile.TemporaryDirectory() as scratch, epoch_rates() as rates:
        fit_policy(data.kept, data.held, settings, Path(scratch, "policy"))
    first, second = (data.turns / rate for rate in rates)
    return {"first_epoch_s": first, "second_epoch_s": second, "compilation_s": first - second}


if __name__ == "__main__":
    rounds.answer(measured)
