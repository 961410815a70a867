"""The report of a policy on a corpus: `evaluate(policy, "test.jsonl")`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cueline import baselines
from cueline.baselines import DecisionArrays, Lead
from cueline.corpus.formats.tables.frames import from_columns
from cueline.corpus.options import ReadingOptions
from cueline.corpus.sources import Source
from cueline.dialogue import Dialogue
from cueline.evaluation.answers import Answers
from cueline.evaluation.comparison import Comparison, compare
from cueline.evaluation.failures import Failure, failures
from cueline.evaluation.metrics.bootstrap import intervals
from cueline.evaluation.metrics.by_action import ActionFigures, by_action
from cueline.evaluation.metrics.by_set import SetFigures, by_set
from cueline.evaluation.metrics.by_turn import DialogueFigures, TurnFigures, by_dialogue, by_turn
from cueline.evaluation.metrics.calibration import RISKS, coverage_at_risk
from cueline.evaluation.metrics.confusions import (
    Confusion,
    ConfusionMatrix,
    confusion_matrix,
    confusions,
)
from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally
from cueline.evaluation.metrics.words import WordFigures, word_figures
from cueline.evaluation.rendering.plots import ReportPlots
from cueline.evaluation.rendering.terminal import html
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.evaluation.trust import TrustFigures, trust
from cueline.policy import Policy
from cueline.policy.reading import read_for

SHARES = (
    "exact",
    "dialogue_accuracy",
    "micro_f1",
    "macro_f1",
    "weighted_f1",
    "accuracy",
    "ece",
)
"""The figures that are one number each."""


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
class Report(Figures):
    """The figures of a policy, and what stands beside them.

    But for `free_running`, the previous actions are those of the corpus, whatever was decided.
    """

    policy: str
    """The policy's hash."""
    turns: int
    """Turns, or dialogues where each has one answer."""
    dialogues: int
    out_of_space_turns: int
    """Turns with an action that the policy has never seen: wrong, all of them."""
    trust: TrustFigures
    """What the policy promises of its decisions, and what came of it."""
    baselines: Mapping[str, Figures]
    lead: Lead | None
    """What the policy has over the best of them; None where its folder carries none."""
    free_running: Figures | None
    """The policy left to itself: after what it decided. None for labels of whole dialogues."""
    by_set: Mapping[str, SetFigures]
    """Turns whose right set was `seen` in training, `unseen`, or is `out_of_space`."""
    by_turn: tuple[TurnFigures, ...]
    by_dialogue: tuple[DialogueFigures, ...]
    confusions: tuple[Confusion, ...]
    """The most frequent first."""
    confusion_matrix: ConfusionMatrix
    """The actions with the most mistakes, as the page draws them."""
    actions: Mapping[str, ActionFigures]
    """By name: those that were to be done or were decided."""
    failures: tuple[Failure, ...]
    """The first wrong turn of each dialogue, in the order of the corpus."""
    span_f1: float | None
    joint_goal_accuracy: float | None
    argument_accuracy: float | None
    call_accuracy: float | None
    words: WordFigures | None
    """What those four are, and of what they are made; None where the corpus names nothing."""
    against: Comparison | None
    """The policy beside another one, if one was given."""

    def __repr__(self) -> str:
        counts = f"{self.turns:,} turns in {self.dialogues:,} dialogues"
        return f"<Report: {self.exact:.3f} exact, micro F1 {self.micro_f1:.3f}, {counts}>"

    def _repr_html_(self) -> str:
        return html(self)

    @property
    def plot(self) -> ReportPlots:
        """Its figures, drawn: `report.plot.reliability()`. Needs the extra `plot`."""
        return ReportPlots(self)

    def as_json(self) -> dict[str, Any]:
        """The report in JSON's own types."""
        return dict(msgspec.to_builtins(self))

    def to_frame(self, backend: str = "pandas") -> Any:
        """The figures as a data frame: a row for the policy, for it run freely, and each baseline.

        `backend` is `pandas`, `polars` or `pyarrow`, which must be installed.
        """
        free = {} if self.free_running is None else {"free running": self.free_running}
        rows: dict[str, Figures] = {"policy": self, **free, **self.baselines}
        columns: dict[str, list[Any]] = {"name": list(rows)}
        columns |= {name: [getattr(row, name) for row in rows.values()] for name in SHARES}
        for risk in self.coverage_at_risk:
            answered = [row.coverage_at_risk[risk] for row in rows.values()]
            columns[f"answered at {float(risk):.0%} risk"] = answered
        return from_columns(columns, backend)


def evaluate(
    policy: Policy,
    source: Source,
    *,
    against: Policy | None = None,
    options: str | ReadingOptions | None = None,
) -> Report:
    """Evaluate `policy` on `source`, beside the baselines that its folder carries.

    `source` is a file or folder, several, dialogues, dicts of the corpus format, a data frame, or a
    `Corpus`. `against` is another policy, to be compared with. `options` says how it is read, or
    names its format; what they leave open is as the policy's own was read. Raises `CorpusError`
    with the place of what cannot be read.
    """
    return evaluate_dialogues(policy, list(read_for(policy, source, options)), against)


def evaluate_dialogues(
    policy: Policy, dialogues: Sequence[Dialogue], against: Policy | None = None
) -> Report:
    """Evaluate `policy` on `dialogues`, at least one, beside the policy `against` if given."""
    return report_on(
        ScoredCorpus.of(policy, dialogues), ScoredCorpus.of(against, dialogues) if against else None
    )


def report_on(scored: ScoredCorpus, against: ScoredCorpus | None = None) -> Report:
    """The report of `scored`; `against` holds the decisions of another policy."""
    policy, dataset, dialogues = scored.policy, scored.dataset, scored.dialogues
    answers, decided, free = scored.answers, scored.decided, scored.free
    tally = Tally.of(decided, answers)
    others = {}
    if policy.baselines:
        others = baselines.decide(
            policy.baselines, dataset, policy.featurizer, policy.decision_model
        )
    decisions = scored.decisions
    words = None if decisions is None else word_figures(dialogues, decisions)
    return Report(
        **_figures(decided, answers, tally),
        policy=policy.hash,
        turns=len(answers.bits),
        dialogues=len(dialogues),
        out_of_space_turns=int(answers.out_of_space.sum()),
        trust=trust(scored, tally),
        baselines={
            name: Figures(**_figures(other, answers, Tally.of(other, answers)))
            for name, other in others.items()
        },
        lead=Lead.of(
            scored.right,
            {name: answers.right(other.bits) for name, other in others.items()},
            answers.dialogue,
        ),
        free_running=Figures(**_figures(free, answers, Tally.of(free, answers))) if free else None,
        by_set=by_set(policy, decided, answers),
        by_turn=by_turn(answers, scored.right, answers.right(free.bits) if free else None),
        by_dialogue=by_dialogue(answers, scored.right, dialogues),
        confusions=confusions(decided, answers),
        confusion_matrix=confusion_matrix(decided, answers),
        actions=by_action(tally, answers, policy.actions),
        failures=failures(decided, answers, dialogues),
        span_f1=None if words is None else words.span_f1,
        joint_goal_accuracy=None if words is None else words.joint_goal_accuracy,
        argument_accuracy=None if words is None else words.argument_accuracy,
        call_accuracy=None if words is None else words.call_accuracy,
        words=words,
        against=compare(scored, against) if against else None,
    )


def _figures(decided: DecisionArrays, answers: Answers, tally: Tally) -> dict[str, Any]:
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
