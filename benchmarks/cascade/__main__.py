"""What a policy would save in front of a large model, beside routers that look at one message.

    python -m benchmarks.cascade CORPORA [--only NAME ...] [--json FILE]
        [--sentence-vectors FOLDER]

CORPORA has a folder for each corpus. Dev splits, three seeds for what is trained. All of them
promise a risk by the same risk control, fitted on the same dialogues, which none learned from. For
each promise: the share of all turns that is answered, and the share of those that is wrong with its
95 % interval, by resampling dialogues (tasks, for tau-bench). `hindsight` is the share that the
best threshold on these very dialogues answers with at most that risk: equal risk for all. Only
calls are answered; words are for the model behind. FOLDER has the model of `sentence_vectors.py`;
without it the routers on sentence vectors are left out. Runs that were done are kept in the JSON
file.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.cascade.routers import (
    Classifier,
    NearestNeighbour,
    Router,
    decide,
    messages,
    tfidf,
)
from benchmarks.cascade.sentence_vectors import SentenceVectors
from benchmarks.cascade.tasks import TASKS, Part, Task
from benchmarks.quality.__main__ import SEEDS, Kept

import cueline
from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Dialogue
from cueline.evaluation.metrics.bootstrap import middle, resamples
from cueline.evaluation.metrics.calibration import coverage_at_risk
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.evaluation.usage import usage
from cueline.policy import Decision, Policy
from cueline.policy.arguments.correctness import whole_is_right
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.settings import Settings, TrainingSettings

SHOWN = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Risks in the table."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--json", type=Path, default=Path("cascade.json"))
    parser.add_argument("--sentence-vectors", type=Path)
    given = parser.parse_args()
    folder = given.sentence_vectors
    sentences = None if folder is None else SentenceVectors(folder)
    kept = Kept(given.json)
    for name in given.only:
        for seed in given.seeds:
            key = f"{name} {seed}"
            if key not in kept.runs:
                began = time.perf_counter()
                parts = [
                    measured(part, TASKS[name], seed, sentences)
                    for part in TASKS[name].parts(given.corpora)
                ]
                kept.add(key, {who: joined([part[who] for part in parts]) for who in parts[0]})
                print(f"{key}: {time.perf_counter() - began:.0f} s", flush=True)
    print("\n" + "\n".join(table(kept.runs, given.only)))


def measured(
    part: Part, task: Task, seed: int, sentences: SentenceVectors | None
) -> dict[str, dict[str, Any]]:
    """What the policy and each router do at each turn of a part."""
    settings = Settings(seed=seed, training=TrainingSettings(group=task.group))
    policy = cueline.train(part.learned, valid=part.fitted, config=settings)
    learned, fitted = messages(part.learned), messages(part.fitted)
    words = tfidf(learned)
    routers: dict[str, Router] = {
        "nearest, TF-IDF": NearestNeighbour(learned, words),
        "classifier, TF-IDF": Classifier(learned, fitted, words),
    }
    if sentences is not None:
        routers |= {
            "nearest, sentence vectors": NearestNeighbour(learned, sentences),
            "classifier, sentence vectors": Classifier(learned, fitted, sentences),
        }
    found = {"policy": of_policy(policy, part.measured)}
    for name, router in routers.items():
        found[name] = of_router(router, policy, part)
    tokens = [
        (one.input or 0) + (one.output or 0)
        for dialogue in part.measured
        for one in usage(dialogue)
    ]
    clusters = [
        str(one.meta[task.group] if task.group else one.id)
        for one in part.measured
        for _ in one.turns
    ]
    for one in found.values():
        one |= {"tokens": tokens, "clusters": clusters}
    return found


def of_policy(policy: Policy, dialogues: Sequence[Dialogue]) -> dict[str, Any]:
    """Its own curve says when it is sure."""
    scored = ScoredCorpus.of(policy, dialogues)
    decided = scored.decisions or [policy.decide(one) for one in dialogues]
    decisions = [one for some in decided for one in some]
    return facts(decisions, dialogues, scored.least_risk.tolist())


def of_router(router: Router, policy: Policy, part: Part) -> dict[str, Any]:
    """A curve fitted to its calls on the dialogues for that says when it is sure."""
    fitted = facts(decide(router, policy, part.fitted), part.fitted, [])
    local = np.array(fitted["local"])
    number = np.repeat(np.arange(len(part.fitted)), [len(one.turns) for one in part.fitted])
    confidence = np.array(fitted["confidence"])
    curve = RiskCurve.of(confidence[local], np.array(fitted["right"])[local], number[local])
    decisions = decide(router, policy, part.measured)
    least = curve.least_risk(np.array([one.confidence for one in decisions]))
    return facts(decisions, part.measured, least.tolist())


def facts(
    decisions: Sequence[Decision], dialogues: Sequence[Dialogue], least_risk: Sequence[float]
) -> dict[str, Any]:
    """Of each turn: whether it is calls alone, right, how confident, sure from which risk on."""
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    return {
        "local": [bool(one.actions) and RESPOND not in one.actions for one in decisions],
        "right": [whole_is_right(*both) for both in zip(decisions, turns, strict=True)],
        "confidence": [one.confidence for one in decisions],
        "least_risk": [min(one, 2.0) for one in least_risk],  # JSON has no infinity
    }


def joined(parts: Sequence[Mapping[str, list[Any]]]) -> dict[str, list[Any]]:
    """The turns of all parts; a cluster is one of one part."""
    found = {name: [one for part in parts for one in part[name]] for name in parts[0]}
    found["clusters"] = [f"{n} {one}" for n, part in enumerate(parts) for one in part["clusters"]]
    return found


def table(runs: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """For each corpus, a row for the policy and for each router: means over the seeds."""
    heads = [f"promised {risk:.0%}: answered, wrong" for risk in SHOWN]
    heads += [f"hindsight {risk:.0%}" for risk in SHOWN[:-1]]
    yield "| corpus | who decides | " + " | ".join(heads) + " | tokens at 5% |"
    yield "| --- | --- |" + " --- |" * (len(heads) + 1)
    for name in names:
        done = [run for key, run in runs.items() if key.rpartition(" ")[0] == name]
        for who in done[0] if done else ():
            seeds = [run[who] for run in done]
            cells = [at_promise(seeds, risk) for risk in SHOWN]
            cells += [
                f"{np.mean([hindsight(one, risk) for one in seeds]):.3f}" for risk in SHOWN[:-1]
            ]
            cells.append(f"{np.mean([saved(one, 0.05) for one in seeds]):.3f}")
            yield f"| {name} | {who} | " + " | ".join(cells) + " |"


def at_promise(seeds: Sequence[Mapping[str, Any]], risk: float) -> str:
    """The share answered, the share wrong of that and its interval, over all seeds."""
    rows = np.zeros(3)
    by_cluster = []
    for one in seeds:
        answered = np.array(one["local"]) & (np.array(one["least_risk"]) <= risk)
        wrong = answered & ~np.array(one["right"])
        number = np.unique(one["clusters"], return_inverse=True)[1]
        counts = [np.bincount(number, some) for some in (np.ones(len(wrong)), answered, wrong)]
        by_cluster.append(np.stack(counts, axis=1))
        rows += by_cluster[-1].sum(axis=0)
    share = rows[1] / rows[0]
    if not rows[1]:
        return "0"
    # A cluster is drawn with all its seeds: they are no dialogues of their own.
    together = np.sum(by_cluster, axis=0)
    drawn = np.concatenate([weights @ together for weights in resamples(len(together))])
    drawn = drawn[drawn[:, 1] > 0]
    found = float(rows[2] / rows[1])
    low, high = middle(drawn[:, 2] / drawn[:, 1], found)
    mark = "**" if low > risk else ""
    return f"{share:.3f}, {mark}{found:.3f}{mark} ({low:.3f}-{high:.3f})"


def hindsight(one: Mapping[str, Any], risk: float) -> float:
    """The share that the best threshold answers."""
    local = np.array(one["local"])
    confidence, right = np.array(one["confidence"])[local], np.array(one["right"])[local]
    return coverage_at_risk(confidence, right, risk) * float(local.mean()) if local.any() else 0.0


def saved(one: Mapping[str, Any], risk: float) -> float:
    """The share of tokens that the model behind neither reads nor writes."""
    answered = np.array(one["local"]) & (np.array(one["least_risk"]) <= risk)
    tokens = np.array(one["tokens"])
    return float(tokens[answered].sum() / tokens.sum())


if __name__ == "__main__":
    main()
