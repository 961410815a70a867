"""How good the default policy is on public corpora, beside what has been published.

    python -m benchmarks.quality CORPORA [--only NAME ...] [--json FILE]     the test splits
    python -m benchmarks.quality CORPORA --dev                 what choices are made by

CORPORA has a folder for each corpus. Three seeds each, with the default settings, whatever the
corpus: the mean, and in brackets the least and the most. `benchmarks/quality/published.py` holds
what others report. Runs that were done are kept in the JSON file and not done again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from benchmarks.quality.published import PUBLISHED
from benchmarks.quality.scoring import Part as ScoredCorpus
from benchmarks.quality.scoring import joined, scored
from benchmarks.quality.tasks import TASKS, Part, Task

import cueline
from cueline.corpus.formats import jsonl
from cueline.io import replacing

SEEDS = (0, 1, 2)
COLUMNS = ("exact", "micro_f1", "macro_f1", "text", "free", "ece", "answered", "wrong", "covered")
"""`text` is of the filled template; `free` is exact, free-running; `answered` and `wrong` are at a
risk of 0.05, `covered` at a coverage of 0.9."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(TASKS), default=list(TASKS))
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--json", type=Path, default=Path("quality.json"))
    given = parser.parse_args()
    kept = Kept(given.json)
    for name in given.only:
        task = TASKS[name]
        if not all((given.corpora / path).exists() for path in task.files):
            print(f"{name}: not here", flush=True)
            continue
        for seed in given.seeds:
            key = f"{name} {'dev' if given.dev else 'test'} {seed} {given.config or ''}".strip()
            if key not in kept.runs:
                kept.add(key, run(task, given.corpora, given.dev, seed, given.config))
            seconds = kept.runs[key]["seconds"]
            print(f"{key}: {brief(kept.runs[key]['scored'])}  ({seconds:.0f} s)", flush=True)
    print("\n" + "\n".join(table(kept.runs, given.only, given.dev, given.config)))


class Kept:
    """The runs done so far, by name, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: dict[str, Any] = {}
        if path.exists():
            self.runs = msgspec.json.decode(path.read_bytes())

    def add(self, key: str, run: dict[str, Any]) -> None:
        self.runs[key] = run
        with replacing(self.path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(self.runs)))


def run(task: Task, corpora: Path, dev: bool, seed: int, config: Path | None) -> dict[str, Any]:
    """Train on each part of a task and judge all parts together: a split is one part, folds are
    several."""
    began = time.perf_counter()
    found: dict[str, list[ScoredCorpus]] = {}
    for part in task.parts(corpora, dev):
        policy = trained(part, task.group, seed, config)
        for name, dialogues in part.tests.items():
            found.setdefault(name, []).append(scored(policy, dialogues, task.cluster))
    return {
        "scored": {name: joined(parts) for name, parts in found.items()},
        "seconds": time.perf_counter() - began,
    }


def trained(part: Part, group: str | None, seed: int, config: Path | None) -> cueline.Policy:
    """A policy of the default settings; `group` says what must not be parted in holding out."""
    from cueline.settings import Settings

    settings = Settings() if config is None else Settings.read(config)
    if group is not None:
        training = msgspec.structs.replace(settings.training, group=group)
        settings = msgspec.structs.replace(settings, training=training)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "train.jsonl")
        jsonl.write(corpus, part.train)
        return cueline.train(corpus, Path(folder, "policy"), config=settings, seed=seed)


def brief(scored: dict[str, dict[str, float]]) -> str:
    """One line of a run."""
    return "; ".join(
        f"{name} " + " ".join(f"{key} {one[key]:.4f}" for key in COLUMNS if key in one)
        for name, one in scored.items()
    )


def table(
    runs: dict[str, Any], names: Sequence[str], dev: bool, config: Path | None
) -> Iterator[str]:
    """The rows of `docs/benchmarks.md`: ours, the best baseline, and what others report."""
    yield "| corpus | " + " | ".join(COLUMNS) + " | best baseline | published |"
    yield "| --- |" + " ---: |" * len(COLUMNS) + " --- | --- |"
    for name in names:
        start, end = f"{name} {'dev' if dev else 'test'} ", str(config or "")
        done = [
            one["scored"]
            for key, one in runs.items()
            if key.startswith(start) and end in key[-len(end) or None :]
        ]
        for split in done[0] if done else ():
            seeds = [one[split] for one in done]
            cells = [spread([one[column] for one in seeds if column in one]) for column in COLUMNS]
            published = "" if dev else "; ".join(PUBLISHED.get((name, split), ()))
            yield f"| {name}, {split} | " + " | ".join(cells) + f" | {best(seeds)} | {published} |"


def spread(values: Sequence[float]) -> str:
    """Mean, least and most."""
    if not values:
        return ""
    return f"{np.mean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


def best(seeds: Sequence[dict[str, Any]]) -> str:
    """The baseline that is right most often, with our interval and its own."""
    names = seeds[0]["baselines"]
    mean = {name: np.mean([one["baselines"][name]["exact"] for one in seeds]) for name in names}
    name = max(mean, key=lambda name: mean[name])
    ours, theirs = seeds[0]["interval"], seeds[0]["baselines"][name]["interval"]
    return (
        f"{name} {mean[name]:.3f} ({theirs[0]:.3f}-{theirs[1]:.3f}; "
        f"ours {ours[0]:.3f}-{ours[1]:.3f})"
    )


if __name__ == "__main__":
    main()
