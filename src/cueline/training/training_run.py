"""A training run before its first step: all it needs but the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import keras
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from cueline import baselines
from cueline.actions import ActionSpace
from cueline.baselines import Lead
from cueline.corpus.options import ReadingOptions
from cueline.dataset import Dataset
from cueline.dataset.dataset import build
from cueline.dataset.slicing import joined, take, turn_portions
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dataset.target_bits import TargetBits, set_counts
from cueline.dataset.targets import targets
from cueline.errors import TrainingError
from cueline.features import Featurizer
from cueline.features import word_vectors as vectors
from cueline.policy import Policy
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.initial import (
    initial_decision_model,
    prior_logits,
)
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.policy.fitting import Evidence, fit, one_after_another
from cueline.policy.outlook import outlooks
from cueline.policy.replay_buffer import ReplayBuffer, kept_after
from cueline.policy.scoring import Score, exact_matches, score_of_parts
from cueline.settings import Settings
from cueline.training.batches import Batches
from cueline.training.checkpoint import TrainingState
from cueline.training.featurising import Featurised
from cueline.training.folds import Folds
from cueline.training.loss import NegativeLogLikelihood, action_weights
from cueline.training.model import Network, skip_units
from cueline.training.optimizer import adam
from cueline.training.scheduled_sampling import NUMBERS_AT_ONCE, ScheduledSampling
from cueline.types import Array, Bits, Map, NamedArrays

FURTHER_LEARNING_RATE = 0.25
"""Share of the learning rate by which a policy is trained further: it is nearly there."""


class EvaluationSet(NamedTuple):
    """Dialogues to stop and calibrate by, in parts of so few turns that memory holds their logits.

    With few actions that is one part.
    """

    dataset: Dataset
    parts: list[Dataset]

    @classmethod
    def of(cls, dataset: Dataset, actions: int) -> EvaluationSet:
        """All dialogues of `dataset`."""
        all_ = np.arange(len(dataset.lengths))
        portions = turn_portions(dataset.lengths, all_, NUMBERS_AT_ONCE // actions)
        parts = [take(dataset, some) for some in portions] if len(portions) > 1 else [dataset]
        return cls(dataset, parts)

    def score(self, policy: Policy) -> Score:
        """That of `policy`."""
        actions = len(policy.actions)
        parts = ((policy.logits(part), TargetBits.of(part, actions)) for part in self.parts)
        return score_of_parts(policy.decision_model, parts)


@dataclass(frozen=True)
class TrainingRun:
    """A training run before its first step."""

    settings: Settings
    given: Featurised
    """The dialogues given, as numbers."""
    actions: ActionSpace
    decision_model: DecisionModel
    """The rule that training goes by; what it makes of logits is fitted afterwards."""
    start: Mapping[str, Array]
    """The weights that do not begin at random, by the names of `policy.forward`."""
    vectors: Mapping[int, Array]
    """Word number to the vector from a file that its embedding begins as."""
    kept: ReplayBuffer
    """The counts of all training so far, this included; the dialogues of earlier training."""
    folds: Folds = Folds.none()
    """The dialogues given that networks without them score."""
    base: Policy | None = None
    """The policy that is trained further."""
    reading: ReadingOptions = ReadingOptions()
    """How the dialogues were read, for others to be read alike."""

    @classmethod
    def first(
        cls,
        dialogues: DialogueSpool,
        held_out: DialogueSpool,
        settings: Settings,
        mapped: Map = map,
    ) -> TrainingRun:
        """Words, actions and the rule come from `dialogues`."""
        given = Featurised.of(dialogues, held_out, settings, mapped=mapped)
        featurizer, actions = given.facts.featurizer, ActionSpace(given.facts.actions)
        known = word_vectors(settings, featurizer.vocabulary.index)
        if known:
            size = len(next(iter(known.values())))
            network = msgspec.structs.replace(settings.network, embedding=size)
            settings = msgspec.structs.replace(settings, network=network)
        counts, out_of_space = set_counts(given.learned), bool(given.learned.out_of_space.any())
        decision_model = initial_decision_model(
            counts,
            out_of_space,
            len(actions),
            settings.network.decisions,
            settings.decisions.prefer,
        )
        given.learned.release()
        prior = prior_logits(counts, len(actions), decision_model.single_action)
        nothing = build([], featurizer, actions, targets(settings.network))
        return cls(
            settings,
            given,
            actions,
            decision_model,
            start={"output.bias": prior},
            vectors=known,
            kept=ReplayBuffer(counts, prior, nothing, nothing),
            folds=Folds.of(dialogues, held_out, settings.seed, settings.training.group),
        )

    @property
    def featurizer(self) -> Featurizer:
        """What turns more dialogues into numbers."""
        return self.given.facts.featurizer

    @property
    def learned(self) -> Dataset:
        """The dialogues given to learn from."""
        return self.given.learned

    @property
    def held_out(self) -> Dataset:
        """The dialogues given to stop, and to calibrate, by."""
        return self.given.held_out

    @cached_property
    def dataset(self) -> Dataset:
        """All that is learned from: the earlier dialogues, then those given."""
        return joined([self.kept.learned, self.learned])

    @property
    def _fresh(self) -> Dataset:
        """The dialogues held out, but for those joined of some that are learned from."""
        fresh = self.folds.fresh
        if self.base is not None or fresh.all():
            return self.held_out
        return take(self.held_out, np.flatnonzero(fresh))

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
    def evaluation_sets(self) -> dict[str, EvaluationSet]:
        """What training stops by: new dialogues, and old ones where some were kept.

        Where no new one is held out, those learned from.
        """
        new = self.held_out if len(self.held_out.lengths) else self.learned
        datasets = {"old": self.kept.held_out, "new": new}
        return {
            name: EvaluationSet.of(dataset, len(self.actions))
            for name, dataset in datasets.items()
            if len(dataset.lengths)
        }

    def model(self) -> tuple[keras.Model, Network]:
        """The network to train, compiled, at its beginning."""
        self._check_worth_learning()
        settings = self.settings.training
        sizes = len(self.featurizer.vocabulary), self.featurizer.width, len(self.actions)
        network = Network(
            self.settings.network, *sizes, seed=self.settings.seed, skip=self._skip_units
        )
        model = network.training_model()
        weights = {**network.weights(), **self.start}
        for word, vector in self.vectors.items():
            weights["embedding"][word] = vector
        network.set_weights(weights)
        model.compile(
            adam(
                settings,
                settings.learning_rate * (1 if self.base is None else FURTHER_LEARNING_RATE),
            ),
            NegativeLogLikelihood(
                self.decision_model.distribution,
                action_weights(self.dataset, len(self.actions), settings.balance),
            ),
        )
        return model, network

    @property
    def _skip_units(self) -> int:
        """As the policy that is trained further has it; of a new one, as its size wants it."""
        if self.base is None:
            network, columns = self.settings.network, self.featurizer.width
            return skip_units(network, columns, len(self.actions))
        return self.start["skip"].shape[1] if "skip" in self.start else 0

    def scores(self, weights: Mapping[str, Array]) -> list[Score]:
        """The score of `weights` on each evaluation set."""
        policy = self._policy(weights)
        return [one.score(policy) for one in self.evaluation_sets.values()]

    def score(self, weights: Mapping[str, Array]) -> Score:
        """The mean score; old and new dialogues count alike."""
        return Score(*np.mean(self.scores(weights), axis=0).tolist())

    def sampling(
        self, batches: Batches, weights: Callable[[], Mapping[str, Array]], epochs_done: int = 0
    ) -> list[keras.callbacks.Callback]:
        """What shows the network its own decisions; nothing for labels of whole dialogues."""
        if self.settings.network.answer == "dialogue":
            return []

        def decide(dataset: Dataset) -> Bits:
            logits = self._policy(weights()).logits(dataset)
            return self.decision_model.predict(logits, dataset.allowed(len(self.actions))).bits

        return [ScheduledSampling(batches.own, decide, epochs_done)]

    def evidence_on(
        self, dataset: Dataset, weights: Mapping[str, Array], learned: Dataset
    ) -> Evidence:
        """What `weights`, and baselines, that know only the dialogues `learned` make of it."""
        model = self.decision_model
        if not model.single_action:
            counts = set_counts(learned)
            model = replace(model, distribution=SetDistribution.of(counts, self.kept.prior))
        logits = self._policy(weights).logits(dataset)
        evidence = Evidence.of(model, logits, dataset, self.featurizer)
        return evidence._replace(baselines=self._right(self._baselines(learned), dataset))

    def finish(self, progress: TrainingState, out_of_fold: Sequence[Evidence] = ()) -> Policy:
        """The best weights, with a decision model fitted to all that was scored out of fold."""
        decision_model, weights = self.decision_model, progress.best
        fitted = self._baselines(self.dataset)
        evidence = self._evidence(weights, fitted, out_of_fold)
        if evidence:
            decision_model = fit(decision_model, evidence)
        return Policy(
            self.settings,
            self.actions,
            self.featurizer,
            decision_model,
            weights,
            {**self._summary(progress, out_of_fold), **self._outlook(decision_model, evidence)},
            fitted,
            self.given.facts.preconditions,
            kept_after(self.kept, self.learned, self.held_out, self.settings).pack(),
        )

    def fingerprint(self) -> str:
        """A hash of everything that decides how the run goes."""
        decisive = self.settings, self.given.key, keras.backend.backend()
        return sha256(msgspec.json.encode(decisive)).hexdigest()

    def _evidence(
        self, weights: Mapping[str, Array], fitted: NamedArrays, out_of_fold: Sequence[Evidence]
    ) -> list[Evidence]:
        """All that was scored by networks that did not learn from it."""
        unseen = joined([self.kept.held_out, self._fresh])
        if not len(unseen.lengths):
            return list(out_of_fold)
        logits = self._policy(weights).logits(unseen)
        own = Evidence.of(self.decision_model, logits, unseen, self.featurizer)
        own = own._replace(baselines=self._right(fitted, unseen))
        return [one for one in (own, *out_of_fold) if len(one.logits)]

    def _baselines(self, learned: Dataset) -> NamedArrays:
        """Those of the dialogues `learned`; they stop by what the network stops by."""
        scored = joined([held_out.dataset for held_out in self.evaluation_sets.values()])
        return baselines.fit(
            learned, scored, self.featurizer, self.decision_model, seed=self.settings.seed
        )

    def _right(self, fitted: NamedArrays, dataset: Dataset) -> dict[str, Bits]:
        """At which answers of `dataset` each baseline is right."""
        targets = TargetBits.of(dataset, len(self.actions))
        found = baselines.decide(fitted, dataset, self.featurizer, self.decision_model)
        return {name: exact_matches(one.bits, targets) for name, one in found.items()}

    def _outlook(
        self, decision_model: DecisionModel, evidence: Sequence[Evidence]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"outlook": msgspec.to_builtins(outlooks(decision_model, evidence))}
        alike = [one for one in evidence if not one.new_kind]
        if alike:
            lead = Lead.of(
                np.concatenate([one.right(decision_model.temperature) for one in alike]),
                {
                    name: np.concatenate([one.baselines[name] for one in alike])
                    for name in baselines.NAMES
                },
                one_after_another([one.dialogue for one in alike]),
            )
            found["lead"] = msgspec.to_builtins(lead)
        if self.folds.kinds is not None:
            found["kinds"] = {"by": self.folds.kinds.by, "count": len(self.folds.kinds.all)}
        return found

    def _policy(self, weights: Mapping[str, Array]) -> Policy:
        return Policy(self.settings, self.actions, self.featurizer, self.decision_model, weights)

    def _summary(self, progress: TrainingState, out_of_fold: Sequence[Evidence]) -> dict[str, Any]:
        """What `policy.training` says of the run."""
        summary: dict[str, Any] = {
            "dialogues": len(self.learned.lengths),
            "turns": int(self.learned.dialogues[-1]),
            "held_out_dialogues": len(self.held_out.lengths),
            "cross_fitted_dialogues": sum(
                len(np.unique(one.dialogue)) for one in out_of_fold if not one.new_kind
            ),
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "held_out": progress.best_score._asdict() if progress.best_score else {},
            "history": {
                "loss": [round(loss, 4) for loss, _ in progress.history],
                "exact": [round(exact, 4) for _, exact in progress.history],
            },
        }
        if reading := msgspec.to_builtins(self.reading.kept()):
            summary["reading"] = reading
        if self.base is None:
            return summary
        before, after = self.scores(self.start), self.scores(progress.best)
        return {
            **summary,
            "rehearsed": len(self.kept.learned.lengths),
            "evaluated": {
                name: {"before": was._asdict(), "after": now._asdict()}
                for name, was, now in zip(self.evaluation_sets, before, after, strict=True)
            },
            "lineage": [*self.base.training.get("lineage", []), self.base.hash],
        }

    def _check_worth_learning(self) -> None:
        if len(self.kept.counts) < 2 and self.base is None:
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
