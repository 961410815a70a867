"""How well words are heard and calls are made: spans, slots, arguments, whole calls.

    python -m benchmarks.quality.words CORPORA [--only NAME ...] [--test] [--seeds 0 1 2]

CORPORA has a folder for each corpus. Default settings, whatever the corpus: mean, and in brackets
the least and the most of the seeds. Choices are made without `--test`.

- `sim-m`: train, judged on dev, or with `--test` on test.
- `sgd`: service calls of `sgd_original`; three of the training files held out. `seen` counts the
  calls of services that training shows, which is what can be learned.
- `glaive`, `tau`: one fifth of the dialogues held out, of tau whole tasks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import cueline
from cueline.corpus.transforms.split import split
from cueline.dialogue import Dialogue
from cueline.evaluation.report import Report

FIGURES = ("exact", "span_f1", "joint_goal_accuracy", "argument_accuracy", "call_accuracy")
SGD_HELD_OUT = ("091", "096", "101")


@dataclass(frozen=True)
class Parts:
    """What is learned from, and what is judged."""

    given: Sequence[Dialogue]
    judged: Sequence[Dialogue]


def sim_m(corpora: Path, test: bool, seed: int) -> Parts:
    folder = corpora / "sim_dialogue" / "sim-M"
    return Parts(read(folder / "train.json"), read(folder / f"{'test' if test else 'dev'}.json"))


def sgd(corpora: Path, test: bool, seed: int) -> Parts:
    files = sorted((corpora / "sgd_original" / "train").glob("dialogues_*.json"))
    held_out = [file for file in files if file.stem.endswith(SGD_HELD_OUT)]
    learned = [file for file in files if file not in held_out]
    return Parts(read(*learned, format="sgd-calls"), read(*held_out, format="sgd-calls"))


def glaive(corpora: Path, test: bool, seed: int) -> Parts:
    return parted(read(corpora / "glaive_toolcall" / "glaive_toolcall_en_demo.json"), seed, None)


def tau(corpora: Path, test: bool, seed: int) -> Parts:
    return parted(read(corpora / "tau_bench" / "gpt-4o-airline.json"), seed, "task_id")


TASKS = {"sim-m": sim_m, "sgd": sgd, "glaive": glaive, "tau": tau}


def read(*paths: Path, format: str | None = None) -> list[Dialogue]:
    return list(cueline.load([str(path) for path in paths], format=format))


def parted(dialogues: Sequence[Dialogue], seed: int, group: str | None) -> Parts:
    return Parts(*split(dialogues, 0.2, seed, group))


def seen_calls(report: Report, given: Sequence[Dialogue]) -> float:
    """The share of right ones among calls of actions that training shows."""
    assert report.words is not None
    actions = {action for one in given for turn in one.turns for action in turn.arguments}
    counts = [figures for name, figures in report.words.calls.items() if name in actions]
    return sum(one.right for one in counts) / max(sum(one.there for one in counts), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(TASKS), default=list(TASKS))
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    given = parser.parse_args()
    for name in given.only:
        rows = []
        for seed in given.seeds:
            parts = TASKS[name](given.corpora, given.test, seed)
            policy = cueline.train(parts.given, seed=seed)
            report = cueline.evaluate(policy, parts.judged)
            rows.append(
                [getattr(report, figure) for figure in FIGURES]
                + [seen_calls(report, parts.given), report.trust.answered, report.trust.wrong]
            )
        print(f"{name}: {', '.join(shown(rows))}", flush=True)


def shown(rows: Sequence[Sequence[float | None]]) -> Iterator[str]:
    names = (*FIGURES, "call_accuracy seen", "sure", "wrong")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        values = [value for value in column if value is not None]
        if values:
            yield f"{name} {np.mean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


if __name__ == "__main__":
    main()
