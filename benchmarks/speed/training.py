"""Training speed: real turns a second, of the project and of what else one would write.

The same dialogues, network sizes, dialogues a step and epochs for all. A turn is its words and the
previous actions; only the project's default settings read the features of SGD as well. Rasa's TED
is among them where a Python that has Rasa is given. An epoch's clock runs over its steps; `whole_s`
is everything from dialogues to a policy.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.speed import rounds
from benchmarks.speed.corpora import FILES, Data, write_splits
from benchmarks.speed.rounds import Figures
from benchmarks.speed.sizes import (
    EMBEDDING,
    UNITS,
    WORD_UNITS,
    default_flops,
    product_gflops,
    turn_flops,
)
from benchmarks.speed.teaching import epoch_rates

from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import build
from cueline.dataset.target_bits import target_bits
from cueline.features import Featurizer
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings

EPOCHS = 5
WHOLE = 300.0
"""Seconds for which the Keras idiom and Rasa may train all epochs; else only steps are timed."""
NO_RASA = "no Python with Rasa given: --rasa"
OURS, DEFAULT = "ours", "ours, default settings"


def part(
    corpora: Path, work: Path, epochs: int | None, sample: int | None, rasa: str | None = None
) -> Figures:
    """Each corpus in turn; `rasa` is a Python that has Rasa."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory(dir=work) as made:
        for name in FILES:
            folder = write_splits(corpora, name, sample, True, Path(made, name))
            full = write_splits(corpora, name, sample, False, Path(made, name + " whole"))
            systems = _systems(folder, full, epochs or EPOCHS, sample is not None)
            systems["Rasa's TED"] = partial(rasa_ted, rasa, folder, epochs or EPOCHS)
            done = rounds.interleaved(systems)
            summed = rounds.summary(done)
            ratio = rounds.ratios(done, OURS, "turns_per_s")
            figures[name] = {"systems": summed, "ours_times_as_fast": ratio, "rounds": done}
            print(rounds.table(f"Training on {name}, {epochs or EPOCHS} epochs", summed))
            faster = {f"{OURS} beside {other}": {"turns/s": r} for other, r in ratio.items()}
            print(rounds.table("Times as fast, round by round", faster), flush=True)
    return figures


def _systems(
    folder: Path, full: Path, epochs: int, quick: bool
) -> dict[str, Callable[[], Figures]]:
    given = {"folder": str(folder), "epochs": epochs, "quick": quick}
    ask = partial(rounds.ask, "speed.training")
    torch = {"KERAS_BACKEND": "torch"}
    systems: dict[str, Callable[[], Figures]] = {
        OURS: partial(ask, torch, system="ours", **given),
        "PyTorch, packed": partial(ask, torch, system="packed", **given),
        "PyTorch, packed, distinct utterances": partial(ask, torch, system="distinct", **given),
    }
    for backend in ("torch", "jax"):
        if find_spec(backend):
            chosen = {"KERAS_BACKEND": backend}
            systems[f"Keras idiom, {backend}"] = partial(ask, chosen, system="idiom", **given)
    default = {**given, "folder": str(full)}
    return {**systems, DEFAULT: partial(ask, torch, system="default", **default)}


class Learned(NamedTuple):
    """What a system came to: real turns and seconds on the clock, the decided bits of dev."""

    rate: float
    """Real turns a second."""
    decided: Any
    """*Shape:* (N, A), or None where training was only timed."""
    dev: Dataset
    actions: int


def measured(system: str, folder: str, epochs: int, quick: bool) -> Figures:
    """One system trained, in a process of its own."""
    data = Data.read(Path(folder))
    began = time.perf_counter()
    learned = SYSTEMS[system](data, epochs, quick)
    whole = time.perf_counter() - began
    words = statistics.fmean(_words(data))
    flops = default_flops if system == "default" else turn_flops
    gflops = learned.rate * flops(words, learned.actions) / 1e9
    figures = {
        "turns_per_s": learned.rate,
        "epochs_s": epochs * data.turns / learned.rate,
        "gflop_per_s": gflops,
        "product_gflop_per_s": product_gflops(),
    }
    if learned.decided is None:
        return {**figures, "micro_f1": "not trained to the end"}
    truth = target_bits(learned.dev, learned.actions)
    return {**figures, "whole_s": whole, "micro_f1": micro_f1(learned.decided, truth)}


def ours(settings: Settings, data: Data, epochs: int, quick: bool) -> Learned:
    """By the project's own training, whose report says how fast each epoch was."""
    from cueline.training.trainer import fit_policy

    with tempfile.TemporaryDirectory() as folder, epoch_rates() as rates:
        policy = fit_policy(data.kept, data.held, _for(settings, epochs), Path(folder, "policy"))
    dev, actions = policy.dataset(data.dev), len(policy.actions)
    bits = policy.decision_model.predict(policy.logits(dev), dev.allowed(actions)).bits
    return Learned(statistics.harmonic_mean(rates), bits, dev, actions)


def packed(distinct: bool, data: Data, epochs: int, quick: bool) -> Learned:
    """By hand in PyTorch."""
    from benchmarks.speed.packed import Corpus, decided, fit

    words, columns, actions, train, dev = _datasets(data)
    sizes = columns, actions
    network, seconds = fit(Corpus(train, *sizes), words, _batch(data), epochs, distinct)
    bits = decided(network, Corpus(dev, *sizes))
    return Learned(epochs * data.turns / sum(seconds), bits, dev, actions)


def idiom(data: Data, epochs: int, quick: bool) -> Learned:
    """In Keras: a few steps on the clock, and the whole of it only where that ends in time."""
    from benchmarks import speed_idiom as keras_idiom

    words, columns, actions, train, dev = _datasets(data)
    longest = keras_idiom.longest(train, dev)
    grid = keras_idiom.Grid.of(train, longest, columns, actions)
    model = keras_idiom.model(words, grid)
    seconds, turns = keras_idiom.timed(model, grid, _batch(data))
    rate = turns / seconds
    if quick or epochs * data.turns / rate > WHOLE:
        return Learned(rate, None, dev, actions)
    model = keras_idiom.model(words, grid)
    keras_idiom.fit(model, grid, _batch(data), epochs)
    scored = keras_idiom.Grid.of(dev, longest, columns, actions)
    return Learned(rate, keras_idiom.decided(model, scored, _batch(data)), dev, actions)


def rasa_ted(python: str | None, folder: Path, epochs: int) -> Figures:
    """By the Python that has Rasa, which has none of this project's packages."""
    if python is None:
        return {"failed": NO_RASA}
    from benchmarks.rasa.speed import ENVIRONMENT

    given = {"folder": str(folder), "epochs": epochs, "batch": _batch(Data.read(folder))}
    return rounds.ask("rasa.speed", ENVIRONMENT, python, limit=WHOLE, **given)


def micro_f1(decided: np.ndarray, truth: np.ndarray) -> float:
    """All actions at all turns thrown together."""
    return float(2 * (decided & truth).sum() / (decided.sum() + truth.sum()))


def _for(settings: Settings, epochs: int) -> Settings:
    """Never stopping early."""
    training = TrainingSettings(epochs=epochs, patience=epochs)
    return Settings(network=settings.network, training=training)


def _datasets(data: Data) -> tuple[int, int, int, Dataset, Dataset]:
    """Words, columns, actions, and the dialogues to learn from and to judge by as numbers."""
    featurizer = Featurizer.fit(data.kept, FeatureSettings(), {}, pairs=False)
    space = ActionSpace(featurizer.actions)
    datasets = (build(dialogues, featurizer, space) for dialogues in (data.kept, data.dev))
    return len(featurizer.vocabulary), featurizer.width, len(space), *datasets  # type: ignore[return-value]


def _batch(data: Data) -> int:
    """Dialogues a step, as the project's training takes them."""
    from cueline.training.batches import batch_size

    return batch_size(len(data.kept))


def _words(data: Data) -> Iterator[int]:
    from cueline.tokenizer import words

    for dialogue in data.kept:
        for turn in dialogue.turns:
            yield len(words(turn.user or "", FeatureSettings().max_words))


_SAME_SIZES = Settings(
    network=NetworkSettings(
        embedding=EMBEDDING, encoder="lstm", encoder_units=WORD_UNITS, units=UNITS
    )
)
SYSTEMS: dict[str, Callable[[Data, int, bool], Learned]] = {
    "ours": partial(ours, _SAME_SIZES),
    "default": partial(ours, Settings()),
    "packed": partial(packed, False),
    "distinct": partial(packed, True),
    "idiom": idiom,
}


if __name__ == "__main__":
    rounds.answer(measured)
