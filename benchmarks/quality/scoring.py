"""A policy's figures on a split, which may come in parts, each judged by a policy of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline import Policy, baselines
from cueline.corpus.formats.babi.templates import fill
from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.metrics.bootstrap import middle, resamples
from cueline.evaluation.scored_corpus import ScoredCorpus

Counts = npt.NDArray[np.float64]
ENTITIES = "entities"
"""The `meta` key of what a bAbI template is filled with."""


@dataclass(frozen=True)
class Part:
    """What one policy did on one part of a split."""

    figures: dict[str, float]
    turns: Counts
    """Turns of each dialogue. *Shape:* (D,)."""
    right: dict[str, Counts]
    """By the policy and each baseline: right turns of each dialogue. *Shapes:* (D,)."""
    clusters: list[str]
    """What each dialogue is resampled with."""


def scored(policy: Policy, dialogues: Sequence[Dialogue], cluster: str | None) -> Part:
    """Judge `policy`; dialogues with the same `cluster` in their `meta` are resampled together."""
    report = evaluate_dialogues(policy, dialogues)
    found = ScoredCorpus.of(policy, dialogues)
    others = baselines.decide(
        policy.baselines, found.dataset, policy.featurizer, policy.decision_model
    )
    deciders = {"policy": found.decided, **others}
    starts = found.answers.starts[:-1]
    figures = {name: getattr(report, name) for name in ("exact", "micro_f1", "macro_f1", "ece")}
    if report.free_running is not None:
        figures["free"] = report.free_running.exact
    figures |= {"answered": report.trust.answered, "covered": report.trust.covered}
    figures["wrong"] = report.trust.wrong or 0.0
    if ENTITIES in dialogues[0].meta:
        figures["text"] = _texts(policy, found)
    return Part(
        figures,
        np.diff(found.answers.starts).astype(float),
        {
            name: np.add.reduceat(found.answers.right(one.bits).astype(float), starts)
            for name, one in deciders.items()
        },
        [
            str(dialogue.meta[cluster]) if cluster else f"{number} {dialogue.id}"
            for number, dialogue in enumerate(dialogues)
        ],
    )


def joined(parts: Sequence[Part]) -> dict[str, Any]:
    """The figures of all parts together: each weighs as many turns as it has."""
    weights = [part.turns.sum() for part in parts]
    figures: dict[str, Any] = {
        name: float(np.average([part.figures[name] for part in parts], weights=weights))
        for name in parts[0].figures
    }
    clusters = [f"{n} {name}" for n, part in enumerate(parts) for name in part.clusters]
    turns = np.concatenate([part.turns for part in parts])
    rows = np.unique(clusters, return_inverse=True)[1]
    for name in parts[0].right:
        right = np.concatenate([part.right[name] for part in parts])
        found = {
            "exact": float(right.sum() / turns.sum()),
            "interval": _interval(right, turns, rows),
        }
        if name == "policy":
            figures["interval"] = found["interval"]
        else:
            figures.setdefault("baselines", {})[name] = found
    return figures


def _interval(right: Counts, turns: Counts, rows: npt.NDArray[np.int64]) -> tuple[float, float]:
    """95 % of the share of right turns, by resampling clusters."""
    rights, totals = np.bincount(rows, right), np.bincount(rows, turns)
    drawn = [(w @ rights) / np.maximum(w @ totals, 1) for w in resamples(len(totals))]
    return middle(np.concatenate(drawn), float(right.sum() / turns.sum()))


def _texts(policy: Policy, found: ScoredCorpus) -> float:
    """The share of turns whose decided template, filled, is exactly what the system said."""
    names, row, right = policy.actions.names, 0, 0
    chosen = found.decided.bits.argmax(axis=1)
    for dialogue in found.dialogues:
        for turn, entities in zip(dialogue.turns, dialogue.meta[ENTITIES], strict=True):
            right += fill(names[chosen[row]], entities) == turn.system
            row += 1
    return float(right / row)
