"""What there is to learn: all that training needs but the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import keras
import msgspec
import numpy as np
import numpy.typing as npt

from cueline import baselines
from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import Place, SettingsError, TrainingError
from cueline.features import Featurizer, Table, vectors
from cueline.features.joining import joined, partly_hidden
from cueline.features.table import build
from cueline.files import read_as
from cueline.network.checkpoint import Progress
from cueline.network.losses import Surprise, action_weights
from cueline.network.model import Network
from cueline.network.optimizer import adam
from cueline.policy import Policy
from cueline.policy.decide import Rule
from cueline.policy.fitting import (
    Score,
    Truth,
    first_rule,
    fit,
    prior_logits,
    score,
    set_counts,
    target_bits,
)
from cueline.policy.policy import targets
from cueline.policy.recurrence import Array
from cueline.policy.rehearsal import Rehearsal, kept_after
from cueline.preconditions import Precondition
from cueline.preconditions.grammar import Written, check_names, read_rules
from cueline.preconditions.masking import check_kept
from cueline.settings import Settings

GENTLY = 0.25
"""Share of the learning rate by which a policy is trained further: it is nearly there."""


class Judge(NamedTuple):
    """Dialogues to judge by, and their right answers."""

    table: Table
    truth: Truth

    @classmethod
    def of(cls, table: Table, actions: int) -> Judge:
        """All dialogues of `table`."""
        allowed = table.allowed(actions)
        return cls(table, Truth(target_bits(table, actions), allowed, table.foreign))


@dataclass(frozen=True)
class Task:
    """A training run before its first step."""

    settings: Settings
    featurizer: Featurizer
    actions: ActionSpace
    rule: Rule
    """The rule that training goes by; what it makes of logits is fitted afterwards."""
    learned: Table
    """The dialogues given to learn from."""
    held_out: Table
    """The dialogues given to stop, and to calibrate, by."""
    start: Mapping[str, Array]
    """The weights that do not begin at random, by the names of `policy.forward`."""
    vectors: Mapping[int, Array]
    """Word number to the vector from a file that its embedding begins as."""
    kept: Rehearsal
    """The counts of all training so far, this included; the dialogues of earlier training."""
    preconditions: Sequence[Precondition]
    """When an action may be done at all; the tables' masks hold to them."""
    base: Policy | None = None
    """The policy that is trained further."""

    @classmethod
    def first(
        cls, dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue], settings: Settings
    ) -> Task:
        """Words, actions and the rule come from `dialogues`."""
        bag = settings.network.encoder == "bag"
        featurizer = Featurizer.fit(dialogues, settings.features, entities(settings), pairs=bag)
        known = word_vectors(settings, featurizer.vocabulary.index)
        if known:
            size = len(next(iter(known.values())))
            network = msgspec.structs.replace(settings.network, embedding=size)
            settings = msgspec.structs.replace(settings, network=network)
        answers = targets(settings.network)
        actions = ActionSpace(
            featurizer.actions
            if settings.network.answer == "turn"
            else sorted({name for d in dialogues for names in answers(d) for name in names})
        )
        preconditions = stated(settings, featurizer, actions, [*dialogues, *held_out])
        table = build(dialogues, featurizer, actions, answers, preconditions)
        rule = first_rule(table, len(actions), settings.network.decisions)
        counts = set_counts(table)
        prior = prior_logits(counts, len(actions), rule.single)
        nothing = build([], featurizer, actions, answers)
        return cls(
            settings,
            featurizer,
            actions,
            rule,
            learned=table,
            held_out=build(held_out, featurizer, actions, answers, preconditions),
            start={"output.bias": prior},
            vectors=known,
            kept=Rehearsal(counts, prior, nothing, nothing),
            preconditions=preconditions,
        )

    @cached_property
    def table(self) -> Table:
        """All that is learned from: the earlier dialogues, then those given."""
        return joined([self.kept.learned, self.learned])

    @cached_property
    def draws(self) -> npt.NDArray[np.int64]:
        """The dialogues that an epoch shows, some more than once.

        Old and new ones share it alike, so that neither drowns the other (Chaudhry et al., 2019).
        """
        old, new = len(self.kept.learned.lengths), len(self.learned.lengths)
        if not old:
            return np.arange(new)
        times_old, times_new = max(round(new / old), 1), max(round(old / new), 1)
        return np.concatenate(
            [np.tile(np.arange(old), times_old), np.tile(np.arange(old, old + new), times_new)]
        )

    @cached_property
    def judges(self) -> dict[str, Judge]:
        """What training stops by: new dialogues, and old ones where some were kept.

        Where no new one is held out, those learned from.
        """
        new = self.held_out if len(self.held_out.lengths) else self.learned
        tables = {"old": self.kept.held_out, "new": new}
        return {
            name: Judge.of(table, len(self.actions))
            for name, table in tables.items()
            if len(table.lengths)
        }

    def model(self) -> tuple[keras.Model, Network]:
        """The network to train, compiled, at its beginning."""
        self._check_worth_learning()
        settings = self.settings.training
        sizes = len(self.featurizer.vocabulary), self.featurizer.width, len(self.actions)
        network = Network(self.settings.network, *sizes, seed=self.settings.seed)
        model = network.training_model()
        weights = {**network.weights(), **self.start}
        for word, vector in self.vectors.items():
            weights["embedding"][word] = vector
        network.set_weights(weights)
        model.compile(
            adam(settings, settings.learning_rate * (1 if self.base is None else GENTLY)),
            Surprise(
                self.rule.sets, action_weights(self.table, len(self.actions), settings.balance)
            ),
        )
        return model, network

    def scores(self, weights: Mapping[str, Array]) -> list[Score]:
        """How well each judge's dialogues go with `weights`."""
        policy = self._policy(weights)
        return [
            score(self.rule, policy.logits(table), truth) for table, truth in self.judges.values()
        ]

    def score(self, weights: Mapping[str, Array]) -> Score:
        """How well they go in all; old and new count alike, however many they are."""
        return Score(*np.mean(self.scores(weights), axis=0).tolist())

    def finish(self, progress: Progress) -> Policy:
        """The best weights, with a decision rule fitted to them."""
        weights, rule = progress.best, self.rule
        unseen = joined([self.kept.held_out, self.held_out])
        if len(unseen.lengths):
            # What is to come is newer than what was held out, and confidence must bear it.
            hidden = self.settings.training.hide_values
            unseen = partly_hidden(unseen, hidden, np.random.default_rng(self.settings.seed))
            logits = self._policy(weights).logits(unseen)
            truth = Judge.of(unseen, len(self.actions)).truth
            rule = fit(rule, logits, truth, len(unseen.lengths))
        judged = joined([judge.table for judge in self.judges.values()])
        return Policy(
            self.settings,
            self.actions,
            self.featurizer,
            rule,
            weights,
            self._told(progress),
            baselines.fit(self.table, judged, self.featurizer, self.rule),
            self.preconditions,
            kept_after(self.kept, self.learned, self.held_out, self.settings).pack(),
        )

    def fingerprint(self) -> str:
        """A hash of everything that decides how the run goes."""
        base = self.base.hash if self.base else ""
        digest = sha256(
            msgspec.json.encode((self.settings, self.featurizer, self.preconditions, base))
        )
        digest.update(keras.backend.backend().encode())
        for table in (self.learned, self.held_out):
            for array in (
                table.dialogues,
                table.utterances.flat,
                table.turns.utterance,
                table.turns.columns.flat,
                table.turns.values,
                table.targets.flat,
                table.targets.starts,
                table.masks,
            ):
                digest.update(array.tobytes())
        return digest.hexdigest()

    def _policy(self, weights: Mapping[str, Array]) -> Policy:
        return Policy(self.settings, self.actions, self.featurizer, self.rule, weights)

    def _told(self, progress: Progress) -> dict[str, Any]:
        """What `policy.training` says of the run."""
        told: dict[str, Any] = {
            "dialogues": len(self.learned.lengths),
            "turns": int(self.learned.dialogues[-1]),
            "held_out_dialogues": len(self.held_out.lengths),
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "held_out": progress.best_score._asdict() if progress.best_score else {},
            "history": {
                "loss": [round(loss, 4) for loss, _ in progress.history],
                "exact": [round(exact, 4) for _, exact in progress.history],
            },
        }
        if self.base is None:
            return told
        before, after = self.scores(self.start), self.scores(progress.best)
        return {
            **told,
            "rehearsed": len(self.kept.learned.lengths),
            "judged": {
                name: {"before": was._asdict(), "after": now._asdict()}
                for name, was, now in zip(self.judges, before, after, strict=True)
            },
            "lineage": [*self.base.training.get("lineage", []), self.base.hash],
        }

    def _check_worth_learning(self) -> None:
        targets = set_counts(self.table)
        if len(targets) < 2 and self.base is None:
            raise TrainingError(
                "the answer is the same at every turn of the corpus, so there is nothing to learn; "
                "give dialogues in which the system does one thing here and another there"
            )


def word_vectors(settings: Settings, words: Mapping[str, int]) -> dict[int, Array]:
    """The vectors of the file that the settings name, by the number of the word."""
    if settings.features.vectors is None:
        return {}
    found = vectors.read(Path(settings.features.vectors), words)
    return {words[word]: vector for word, vector in found.items()}


def stated(
    settings: Settings,
    featurizer: Featurizer,
    actions: ActionSpace,
    dialogues: Sequence[Dialogue],
    base: Policy | None = None,
) -> list[Precondition]:
    """Those of the rules file, else those of `base`; `dialogues` must keep them."""
    written = [Written(Place("the policy to train further"), one) for one in _of(base)]
    if settings.rules is not None:
        if settings.network.answer == "dialogue":
            raise SettingsError(
                f"{settings.rules}: preconditions are about actions, and with "
                '`answer = "dialogue"` labels are decided; leave out one or the other'
            )
        written = read_rules(Path(settings.rules))
        check_names(written, actions, set(featurizer.context.index))
    check_kept(written, actions, dialogues)
    return [precondition for _, precondition in written]


def _of(base: Policy | None) -> tuple[Precondition, ...]:
    return () if base is None else base.preconditions.all


def entities(settings: Settings) -> dict[str, list[str]]:
    """The entities of the file that the settings name, values by kind."""
    if settings.features.entities is None:
        return {}
    return read_as(Path(settings.features.entities), dict[str, list[str]], SettingsError)
