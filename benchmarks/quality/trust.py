"""Whether the promises hold: coverage, risk and calibration error on dialogues kept for judging.

    python -m benchmarks.quality.trust CORPORA ted_multiwoz     a fifth of train.md judges
    python -m benchmarks.quality.trust CORPORA sgd              3,000 dialogues of train; dev judges
    python -m benchmarks.quality.trust CORPORA sgd --group services  services held out

Three seeds each. SGD's dev split has services that train does not: there only the last one's hold.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cueline.corpus import read_all, split
from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.settings import Settings, TrainingSettings
from cueline.training.trainer import fit_policy

COVERAGES = (0.8, 0.9, 0.95)


def parted(corpora: Path, corpus: str, seed: int) -> tuple[list[Dialogue], list[Dialogue]]:
    """Dialogues to learn from, and to judge on."""
    if corpus == "ted_multiwoz":
        return split(read_all([corpora / "ted_multiwoz" / "e2e" / "train.md"]), 0.2, 100 + seed)
    dialogues = read_all([corpora / "sgd" / "train.jsonl"])
    some = sorted(random.Random(seed).sample(range(len(dialogues)), 3000))
    return [dialogues[place] for place in some], read_all([corpora / "sgd" / "dev.jsonl"])


def measured(corpora: Path, corpus: str, seed: int, group: str | None) -> list[float]:
    """What was found at each coverage, then the calibration error, answered, and wrong."""
    known, unseen = parted(corpora, corpus, seed)
    settings = Settings(seed=seed, training=TrainingSettings(group=group))
    kept, held_out = split(known, settings.training.held_out, seed, group)
    with tempfile.TemporaryDirectory() as folder:
        policy = fit_policy(kept, held_out, settings, Path(folder, "policy"))
    reports = [evaluate_dialogues(policy.at(coverage=coverage), unseen) for coverage in COVERAGES]
    last = reports[-1]
    found = [report.trust.covered for report in reports]
    return [*found, last.ece, last.trust.answered, last.trust.wrong or 0.0]


def told(name: str, values: Sequence[float]) -> None:
    *covered, ece, answered, wrong = values
    shares = "  ".join(f"{c:.2f}: {f:.4f}" for c, f in zip(COVERAGES, covered, strict=True))
    print(f"{name:6} covered {shares}  ece {ece:.4f}  sure {answered:.3f}, wrong {wrong:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("corpus", choices=["ted_multiwoz", "sgd"])
    parser.add_argument("--group")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    rows = []
    for seed in range(given.seeds):
        rows.append(measured(given.corpora, given.corpus, seed, given.group))
        told(f"seed {seed}", rows[-1])
    told("mean", np.mean(rows, axis=0).tolist())


if __name__ == "__main__":
    main()
