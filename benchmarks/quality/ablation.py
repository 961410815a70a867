"""Why each part of the default is there: dev scores without it, or with something in its place.

    python -m benchmarks.quality.ablation CORPORA [--only CORPUS ...] [--seeds N ...] [--json FILE]

Exact sets and micro-F1 on dev splits, never on test splits; of SGD a sample, so that a row takes
minutes. Runs that were done are kept in the JSON file and not done again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np
from benchmarks.quality.__main__ import Kept
from benchmarks.quality.tasks import TASKS
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.settings import Settings
from cueline.tokenizer import words
from cueline.training import training_run as task
from cueline.training.trainer import fit_policy, hold_out
from cueline.types import Bits

CORPORA = ("babi6", "multiwoz", "multiwoz-status", "sgd")
SAMPLE = {"sgd": (2000, 600)}
"""Dialogues to train on and to judge by, where the whole corpus takes too long."""
VARIANTS: dict[str, dict[str, dict[str, object]]] = {
    "the default": {},
    "a word LSTM for the sum of words": {"network": {"encoder": "lstm"}},
    "no pairs of words": {"features": {"pairs": False}},
    "no words dropped": {"network": {"word_dropout": 0.0}},
    "context dropped as much as words": {"network": {"context_dropout": 0.4}},
    "nothing dropped": {"network": {"word_dropout": 0.0, "context_dropout": 0.0, "dropout": 0.0}},
    "weights not averaged": {"training": {"average": 0.0}},
    "values never hidden": {"training": {"hide_values": 0.0}},
    "GRU for LSTM": {"network": {"memory": "gru"}},
    "no memory": {"network": {"memory": "none"}},
    "twice the units": {"network": {"turn_units": 256, "units": 256}},
    "what the system said last, as words": {},
    "all actions done so far": {},
    "independent bits": {},
    "independent bits, a threshold for each action": {},
    "three networks, logits averaged": {},
}
Change = Callable[[Dialogue], Dialogue]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=CORPORA, default=CORPORA)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--json", type=Path, default=Path("ablation.json"))
    given = parser.parse_args()
    kept = Kept(given.json)
    for variant in VARIANTS:
        for name in given.only:
            for seed in given.seeds:
                key = f"{variant} | {name} | {seed}"
                if key not in kept.runs:
                    kept.add(key, figures(variant, *dialogues(given.corpora, name), seed))
                print(f"{key}: {kept.runs[key]}", flush=True)
    print("| | " + " | ".join(f"{name} | " for name in given.only) + " |")
    print("| --- |" + " ---: | ---: |" * len(given.only))
    for variant in VARIANTS:
        cells = []
        for name in given.only:
            runs = [kept.runs[f"{variant} | {name} | {seed}"] for seed in given.seeds]
            cells += [f"{np.mean([run[key] for run in runs]):.3f}" for key in ("exact", "micro_f1")]
        print(f"| {variant} | " + " | ".join(cells) + " |")


def dialogues(corpora: Path, name: str) -> tuple[Sequence[Dialogue], Sequence[Dialogue]]:
    """To train on, and the dev split."""
    part = next(iter(TASKS[name].parts(corpora, True)))
    train, dev = list(part.train), list(part.tests["dev"])
    if name in SAMPLE:
        rng = random.Random(0)
        train, dev = (
            rng.sample(some, count) for some, count in zip((train, dev), SAMPLE[name], strict=True)
        )
    return train, dev


def figures(
    variant: str, train: Sequence[Dialogue], dev: Sequence[Dialogue], seed: int
) -> dict[str, float]:
    """Train with the change that `variant` names, and judge."""
    if variant.startswith("what the system said"):
        train, dev = list(map(_said, train)), list(map(_said, dev))
    if variant.startswith("all actions"):
        train, dev = list(map(_done, train)), list(map(_done, dev))
    settings = msgspec.convert({"seed": seed, **VARIANTS[variant]}, Settings)
    kept, held_out = hold_out(list(train), settings)
    if variant.startswith("independent"):
        with patch.object(task, "initial_decision_model", _independent):
            policy = _fitted(kept, held_out, settings)
    else:
        policy = _fitted(kept, held_out, settings)
    scored = ScoredCorpus.of(policy, dev)
    bits = scored.decided.bits
    if variant.endswith("threshold for each action"):
        bits = _above(_thresholds(ScoredCorpus.of(policy, held_out)), scored)
    if variant.startswith("three"):
        others = [
            _fitted(kept, held_out, msgspec.structs.replace(settings, seed=seed + 100 * number))
            for number in (1, 2)
        ]
        logits = [scored.logits, *(ScoredCorpus.of(other, dev).logits for other in others)]
        allowed = scored.dataset.allowed(len(policy.actions))
        bits = policy.decision_model.predict(np.mean(logits, axis=0), allowed).bits
    answers = scored.answers
    hits = (bits & answers.bits).sum()
    return {
        "exact": float(answers.right(bits).mean()),
        "micro_f1": float(2 * hits / (bits.sum() + len(answers.targets.flat))),
    }


def _fitted(kept: Sequence[Dialogue], held_out: Sequence[Dialogue], settings: Settings) -> Policy:
    with tempfile.TemporaryDirectory() as folder:
        return fit_policy(kept, held_out, settings, Path(folder, "policy"))


def _said(dialogue: Dialogue) -> Dialogue:
    """With the words of the system's last turn as a feature."""
    before = [None, *(turn.system for turn in dialogue.turns)]
    turns = (
        replace(turn, features={**turn.features, "said": tuple(sorted(set(words(said, 100))))})
        if said
        else turn
        for turn, said in zip(dialogue.turns, before, strict=False)
    )
    return replace(dialogue, turns=tuple(turns))


def _done(dialogue: Dialogue) -> Dialogue:
    """With all that was done so far as a feature."""
    done: set[str] = set()
    turns = []
    for turn in dialogue.turns:
        turns.append(replace(turn, features={**turn.features, "done": tuple(sorted(done))}))
        done.update(turn.actions or ())
    return replace(dialogue, turns=tuple(turns))


def _independent(counts: object, out_of_space: bool, actions: int, decisions: str) -> DecisionModel:
    """In the place of `initial_decision_model`."""
    return DecisionModel(SetDistribution.independent(actions))


def _thresholds(scored: ScoredCorpus) -> np.ndarray:
    """For each action the probability from which on its F1 on held-out dialogues is best."""
    probabilities, right = _probabilities(scored), scored.answers.bits
    steps = np.linspace(0.1, 0.9, 33)
    on = probabilities[None] >= steps[:, None, None]
    hits = (on & right).sum(axis=1)
    scores = 2 * hits / np.maximum(on.sum(axis=1) + right.sum(axis=0), 1)
    scores -= 1e-6 * abs(steps - 0.5)[:, None]  # of equally good ones, that nearest to a half
    return np.asarray(steps[scores.argmax(axis=0)])


def _above(thresholds: np.ndarray, scored: ScoredCorpus) -> Bits:
    return np.asarray(_probabilities(scored) >= thresholds)


def _probabilities(scored: ScoredCorpus) -> np.ndarray:
    policy = scored.policy
    allowed = scored.dataset.allowed(len(policy.actions))
    return policy.decision_model.predict(scored.logits, allowed).probabilities


if __name__ == "__main__":
    main()
