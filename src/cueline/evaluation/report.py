"""A policy judged on a corpus: `evaluate(policy, "test.jsonl")`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from cueline import baselines
from cueline.actions import ActionSpace
from cueline.baselines import Decided, by_rule
from cueline.corpus import load
from cueline.dialogue import Dialogue
from cueline.evaluation.answers import Answers
from cueline.evaluation.calibration import RISKS, coverage_at_risk
from cueline.evaluation.intervals import intervals
from cueline.evaluation.metrics import f1, figures
from cueline.evaluation.tally import Tally
from cueline.evaluation.trust import Trust, trust
from cueline.policy import Policy
from cueline.policy.policy import targets

Corpora = str | Path | Sequence[str | Path]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How good decisions are. A turn counts as right if its whole set of actions is right."""

    exact: float
    """Share of turns that are right."""
    dialogue_accuracy: float
    """Share of dialogues in which every turn is."""
    micro_f1: float
    macro_f1: float
    """Over the actions that were to be done or were decided."""
    weighted_f1: float
    accuracy: float | None
    """Share of turns whose likeliest action is the right one; None unless each has just one."""
    ece: float
    """Expected calibration error of the confidence, in 15 equally wide bins."""
    coverage_at_risk: Mapping[str, float]
    """Share of turns answered, surest first, so that at most `0.01`, ... of them are wrong."""
    intervals: Mapping[str, tuple[float, float]]
    """95 % intervals of the figures above, by resampling dialogues."""


@dataclass(frozen=True, kw_only=True)
class ActionFigures:
    """How well one action is decided."""

    targets: int
    """Turns at which it was to be done."""
    decided: int
    """Turns at which it was decided."""
    hits: int
    """Turns of both kinds."""
    precision: float | None
    recall: float | None
    f1: float
    foreign: bool
    """Whether the policy has never seen it, so that it cannot but miss it."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The first wrong turn of a dialogue."""

    dialogue: str
    turn: int
    """Its number, from 0."""
    user: str | None
    expected: tuple[str, ...]
    decided: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Report(Figures):
    """The figures of a policy, and what stands beside them.

    At every turn the previous actions are those of the corpus, whatever was decided before.
    """

    policy: str
    """The policy's hash."""
    turns: int
    """Turns judged (or dialogues, where there is one answer for each)."""
    dialogues: int
    foreign_turns: int
    """Turns with an action that the policy has never seen: wrong, all of them."""
    trust: Trust
    """What the policy promises of its decisions, and what came of it."""
    baselines: Mapping[str, Figures]
    actions: Mapping[str, ActionFigures]
    """By name: those that were to be done or were decided."""
    failures: tuple[Failure, ...]
    """Of every dialogue with a wrong turn the first one, in the order of the corpus."""

    def as_json(self) -> dict[str, Any]:
        """The report in JSON's own types."""
        return dict(msgspec.to_builtins(self))


def evaluate(policy: Policy, corpus: Corpora, *, format: str | None = None) -> Report:
    """Judge `policy` on the dialogues of `corpus`, beside the baselines that its folder carries.

    `format` names the format of the corpus where it is not recognised. Raises `CorpusError` with
    the place of what cannot be read.
    """
    return judge(policy, load([corpus] if isinstance(corpus, str | Path) else corpus, format))


def judge(policy: Policy, dialogues: Sequence[Dialogue]) -> Report:
    """Judge `policy` on `dialogues`, at least one."""
    answers = Answers.of(dialogues, policy.actions, targets(policy.settings.network))
    table = policy.table(dialogues)
    others = {}
    if policy.baselines:
        others = baselines.decide(policy.baselines, table, policy.featurizer, policy.rule)
    logits, allowed = policy.logits(table), table.allowed(len(policy.actions))
    decided = by_rule(policy.rule, logits, allowed)
    tally = Tally.of(decided, answers)
    return Report(
        **_figures(decided, answers, tally),
        policy=policy.hash,
        turns=len(answers.bits),
        dialogues=len(dialogues),
        foreign_turns=int(answers.foreign.sum()),
        trust=trust(policy.rule, logits, allowed, decided, answers, tally),
        baselines={
            name: Figures(**_figures(other, answers, Tally.of(other, answers)))
            for name, other in others.items()
        },
        actions=_by_action(tally, answers, policy.actions),
        failures=_failures(decided, answers, dialogues),
    )


def _figures(decided: Decided, answers: Answers, tally: Tally) -> dict[str, Any]:
    right = answers.right(decided.bits)
    found = {name: float(of[0]) for name, of in figures(tally.total(), answers.single).items()}
    return {
        "accuracy": None,
        **found,
        "coverage_at_risk": {
            f"{risk:.2f}": coverage_at_risk(decided.confidence, right, risk) for risk in RISKS
        },
        "intervals": intervals(tally, answers.single),
    }


def _by_action(tally: Tally, answers: Answers, space: ActionSpace) -> dict[str, ActionFigures]:
    total = tally.total()
    counts = np.concatenate([total.targets, total.decided, total.hits]).astype(int).T.tolist()
    scores = f1(total.hits, total.decided, total.targets)[0].tolist()
    return {
        name: ActionFigures(
            targets=targets,
            decided=decided,
            hits=hits,
            precision=hits / decided if decided else None,
            recall=hits / targets if targets else None,
            f1=score,
            foreign=name not in space,
        )
        for name, (targets, decided, hits), score in zip(answers.names, counts, scores, strict=True)
        if targets or decided
    }


def _failures(
    decided: Decided, answers: Answers, dialogues: Sequence[Dialogue]
) -> tuple[Failure, ...]:
    wrong = np.flatnonzero(~answers.right(decided.bits))
    numbers, first = np.unique(answers.dialogue[wrong], return_index=True)
    return tuple(
        _failure(dialogues[number], row, decided, answers)
        for number, row in zip(numbers.tolist(), wrong[first].tolist(), strict=True)
    )


def _failure(dialogue: Dialogue, row: int, decided: Decided, answers: Answers) -> Failure:
    turn = int(answers.turn[row])
    return Failure(
        dialogue=dialogue.id,
        turn=turn,
        user=dialogue.turns[turn].user,
        expected=tuple(answers.names[number] for number in answers.targets[row]),
        decided=tuple(answers.names[number] for number in np.flatnonzero(decided.bits[row])),
        confidence=round(float(decided.confidence[row]), 6),
    )
