"""The decisions of a policy on a corpus beside the right answers: the input of every figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from cueline.baselines import DecisionArrays, decision_arrays
from cueline.dataset import Dataset
from cueline.dataset.dataset import in_chunks
from cueline.dataset.newness import answered_turns, newness
from cueline.dataset.slicing import joined
from cueline.dataset.targets import targets
from cueline.dialogue import Dialogue
from cueline.evaluation.answers import Answers
from cueline.evaluation.free_running import free_run
from cueline.evaluation.metrics.words import has_calls, has_spans
from cueline.policy import Decision, Policy
from cueline.policy.arguments.correctness import whole_is_right
from cueline.types import Array, Floats, Map


@dataclass(frozen=True)
class ScoredCorpus:
    """A policy's decisions on `dialogues`: `N` of them, one a turn or one a dialogue."""

    policy: Policy
    dialogues: Sequence[Dialogue]
    dataset: Dataset
    answers: Answers
    logits: Array
    """After the previous actions of the corpus. *Shape:* (N, A)."""
    newness: Floats
    """How new each turn is. *Shape:* (N, 2)."""
    decided: DecisionArrays
    """What was made of the logits."""

    @classmethod
    def of(cls, policy: Policy, dialogues: Sequence[Dialogue], mapped: Map = map) -> ScoredCorpus:
        """Let `policy` decide on `dialogues`, at least one, a chunk at a time by `mapped`."""
        parts = list(mapped(partial(scored, policy), in_chunks(dialogues)))
        datasets, logits, new, decided = zip(*parts, strict=True)
        return cls(
            policy,
            dialogues,
            joined(datasets),
            Answers.of(dialogues, policy.actions, targets(policy.settings.network)),
            np.concatenate(logits),
            np.concatenate(new),
            DecisionArrays(*map(np.concatenate, zip(*decided, strict=True))),
        )

    @cached_property
    def free(self) -> DecisionArrays | None:
        """After what was decided before; None for labels of dialogues, which are no actions."""
        per_turn = self.policy.settings.network.answer == "turn"
        return free_run(self.policy, self.dialogues) if per_turn else None

    @cached_property
    def has_spans(self) -> bool:
        """Whether the corpus marks what the user names."""
        return has_spans(self.dialogues)

    @cached_property
    def has_calls(self) -> bool:
        """Whether the corpus has arguments of calls."""
        return has_calls(self.dialogues)

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether the whole set is right. *Shape:* (N,)."""
        return self.answers.right(self.decided.bits)

    @cached_property
    def decisions(self) -> list[list[Decision]] | None:
        """Decisions with words and arguments, after the actions of the corpus; None without."""
        if self.policy.tagger is None and self.policy.argument_model is None:
            return None
        return [self.policy.decide(dialogue) for dialogue in self.dialogues]

    @cached_property
    def whole_right(self) -> npt.NDArray[np.bool_]:
        """Whether the whole set is right, and all arguments are. *Shape:* (N,)."""
        if self.policy.argument_model is None or self.decisions is None:
            return self.right
        pairs = zip(self.dialogues, self.decisions, strict=True)
        return np.array(
            [
                whole_is_right(decision, turn)
                for dialogue, decided in pairs
                for turn, decision in zip(dialogue.turns, decided, strict=True)
            ]
        )

    @cached_property
    def sure(self) -> npt.NDArray[np.bool_]:
        """*Shape:* (N,)."""
        if self.policy.argument_model is not None and self.decisions is not None:
            return np.array([one.sure for decided in self.decisions for one in decided])
        sure = self.policy.decision_model.sure(self.decided.confidence, self.newness)
        return np.asarray(sure & ~self._offers_new)

    @cached_property
    def _offers_new(self) -> npt.NDArray[np.bool_]:
        """Where an action is available that training never saw. *Shape:* (N,)."""
        if self.policy.settings.network.answer != "turn":
            return np.zeros(len(self.newness), bool)
        turns = (turn for dialogue in self.dialogues for turn in dialogue.turns)
        return np.array([*map(self.policy.offers_new, turns)], bool)

    @cached_property
    def least_risk(self) -> Floats:
        """The smallest risk at which each decision is sure; infinite where none is. *Shape:* (N,).

        A decision is sure at a risk exactly where this is not above it.
        """
        decision_model, arguments = self.policy.decision_model, self.policy.argument_model
        actions = decision_model.least_risk(self.decided.confidence, self.newness)
        actions = np.where(self._offers_new, np.inf, actions)
        if arguments is None or self.decisions is None:
            return actions
        whole = [arguments.least_risk(one) for decided in self.decisions for one in decided]
        return np.maximum(actions, whole)


def scored(
    policy: Policy, dialogues: Sequence[Dialogue]
) -> tuple[Dataset, Array, Floats, DecisionArrays]:
    """The dialogues as arrays, their logits and newness, and what is decided."""
    dataset = policy.dataset(dialogues)
    logits = policy.logits(dataset)
    new = newness(dataset, policy.featurizer)[answered_turns(dataset)]
    allowed = dataset.allowed(len(policy.actions))
    return dataset, logits, new, decision_arrays(policy.decision_model, logits, allowed, new)
