"""Would the policy be better with its linear baseline averaged into its logits?

    python -m benchmarks.quality.pooling CORPORA [--only NAME ...] [--seeds N]

The settings are those of `benchmarks.promises`, dev splits alone. A row a setting: exact of the
policy and of each baseline, then of the averaged logits by the share of the linear model. Their
temperature is the best on these very dialogues, so the last columns are of hindsight.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from benchmarks.promises import DRAWS, SETTINGS
from benchmarks.quality.__main__ import trained

from cueline.baselines.fitting import due
from cueline.baselines.linear import Inputs, Linear
from cueline.dataset.named_arrays import unflatten
from cueline.dataset.target_bits import TargetBits
from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.policy import Policy
from cueline.policy.calibration.temperature import fit_temperature
from cueline.policy.scoring import exact_matches, nll
from cueline.types import Array

SHARES = (0.25, 0.5, 0.75)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=len(DRAWS), help="at most that number")
    given = parser.parse_args()
    for name in given.only:
        setting, group, seeds = SETTINGS[name]
        rows = [
            measured(trained(part, group, seed, None), list(dialogues))
            for seed in seeds[: given.seeds]
            for part in setting(given.corpora, seed)
            for dialogues in part.tests.values()
        ]
        figures = (f"{key} {np.mean([row[key] for row in rows]):.3f}" for key in rows[0])
        print(f"{name} ({len(rows)}): {', '.join(figures)}", flush=True)


def measured(policy: Policy, dialogues: list[Dialogue]) -> dict[str, float]:
    """Exact on those dialogues, by who decides."""
    report = evaluate_dialogues(policy, dialogues)
    found = {"policy": report.exact}
    found |= {name: figures.exact for name, figures in report.baselines.items()}
    return found | {f"{share:.0%} linear": exact for share, exact in pooled(policy, dialogues)}


def pooled(policy: Policy, dialogues: list[Dialogue]) -> Iterator[tuple[float, float]]:
    """Each share of the linear model, and how often the averaged logits are right."""
    dataset = policy.dataset(dialogues)
    inputs = Inputs.of(dataset, due(dataset), len(policy.featurizer.vocabulary))
    linear = unflatten(Linear, policy.baselines, "linear").logits(inputs)
    network, targets = policy.logits(dataset), TargetBits.of(dataset, len(policy.actions))
    for share in SHARES:
        yield share, exact(policy, (1 - share) * network + share * linear, targets)


def exact(policy: Policy, logits: Array, targets: TargetBits) -> float:
    """How often decisions by `logits` are right at their best temperature."""

    def at(temperature: float) -> float:
        model = msgspec.structs.replace(policy.decision_model, temperature=temperature)
        return nll(model, logits, targets)

    temperature = fit_temperature(at, len(logits))
    model = msgspec.structs.replace(policy.decision_model, temperature=temperature)
    return float(exact_matches(model.predict(logits, targets.allowed).bits, targets).mean())


if __name__ == "__main__":
    main()
