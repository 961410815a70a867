"""Acting with words and arguments, beside the same policy without its tagger and argument model.

Trained with default settings on service calls of `sgd_original`, whose turns have spans, calls and
results; both act on the dialogues held out, turn about, one dialogue by one, in one process.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.quality.words import sgd
from benchmarks.speed import rounds
from benchmarks.speed.rounds import Figures

import cueline
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.settings import Settings, TrainingSettings

ROUNDS = 9
DIALOGUES = 60
"""Dialogues a round."""
WITH, WITHOUT = "with words and arguments", "without"


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """Train the policy once, then measure."""
    folder = work / f"hearing-{epochs or 'default'}-{sample or 'all'}"
    if not folder.exists():
        training = TrainingSettings() if epochs is None else TrainingSettings(epochs=epochs)
        given = sgd(corpora, False, 0).given[:sample]
        cueline.train(given, folder, config=Settings(training=training))
    figures = rounds.ask("speed.hearing", corpora=str(corpora), folder=str(folder))
    if "failed" in figures:
        raise SystemExit(figures["failed"])
    print(rounds.table("Acting, microseconds a turn", figures["systems"]))
    print(rounds.table("With over without, by rounds", figures["ratio"]), flush=True)
    return figures


def measured(corpora: str, folder: str) -> Figures:
    """Both policies, in this process."""
    policy = Policy.load(Path(folder))
    policies = {WITH: policy, WITHOUT: policy.with_words(None, None)}
    dialogues = sgd(Path(corpora), False, 0).judged
    done: dict[str, list[Figures]] = {name: [] for name in policies}
    for number in range(ROUNDS + 1):  # the first one warms up and does not count
        first = number * DIALOGUES % max(len(dialogues) - DIALOGUES, 1)
        for name, one in acted(policies, dialogues[first : first + DIALOGUES]).items():
            if number:
                p50, p99 = np.percentile(one, (50, 99)) / 1000
                done[name].append({"p50_us": float(p50), "p99_us": float(p99)})
    return {
        "systems": rounds.summary(done),
        "ratio": {key: rounds.ratios(done, WITH, key) for key in ("p50_us", "p99_us")},
    }


def acted(policies: dict[str, Policy], dialogues: Sequence[Dialogue]) -> dict[str, list[int]]:
    """Nanoseconds at each turn."""
    spent: dict[str, list[int]] = {name: [] for name in policies}
    for place, dialogue in enumerate(dialogues):
        for name in sorted(policies, reverse=bool(place % 2)):
            policy = policies[name]
            state = policy.start()
            for turn in dialogue.turns:
                began = time.perf_counter_ns()
                _, state = policy.act(turn, state)
                spent[name].append(time.perf_counter_ns() - began)
    return spent


if __name__ == "__main__":
    rounds.answer(measured)
