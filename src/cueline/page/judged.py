"""A policy's decisions on a corpus beside the right answers: what the page's figures come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cueline.baselines import Decided, by_rule
from cueline.dialogue import Dialogue
from cueline.evaluation import Report, judge
from cueline.evaluation.answers import Answers
from cueline.policy import Policy
from cueline.policy.policy import targets


@dataclass(frozen=True)
class Judged:
    """An entry for each of `N` answers: one a turn, or one a dialogue at its last turn.

    At every turn the previous actions are those of the corpus, whatever was decided before.
    """

    policy: Policy
    dialogues: Sequence[Dialogue]
    answers: Answers
    decided: Decided

    @classmethod
    def of(cls, policy: Policy, dialogues: Sequence[Dialogue]) -> Judged:
        """Have `policy` decide at every turn of `dialogues`, at least one."""
        answers = Answers.of(dialogues, policy.actions, targets(policy.settings.network))
        table = policy.table(dialogues)
        allowed = table.allowed(len(policy.actions))
        return cls(policy, dialogues, answers, by_rule(policy.rule, policy.logits(table), allowed))

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether the whole set is right. *Shape:* (N,)."""
        return self.answers.right(self.decided.bits)

    @property
    def sure(self) -> npt.NDArray[np.bool_]:
        """*Shape:* (N,)."""
        return np.asarray(self.decided.confidence >= self.policy.rule.sure_from)

    @cached_property
    def report(self) -> Report:
        """The figures that `cueline evaluate` gives."""
        return judge(self.policy, self.dialogues)

    def expected(self, answer: int) -> list[str]:
        """The right actions of an answer."""
        return list(self.answers.expected(answer))


def threshold(policy: Policy) -> float | None:
    """The confidence from which `policy` is sure at its risk; None where it never is."""
    least = policy.rule.sure_from
    return least if math.isfinite(least) else None
