"""Training further: new words, features, actions and dialogues on top of a policy.

The network grows (`policy.growing`), and old dialogues that the policy kept are rehearsed among the
new ones (`policy.replay_buffer`).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from cueline.actions import ActionSpace
from cueline.dataset.feature_expansion import FeatureExpansion
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dataset.target_bits import set_counts
from cueline.errors import PolicyError, SettingsError
from cueline.features import Featurizer
from cueline.policy import Policy
from cueline.policy.decisions.initial import preferring
from cueline.policy.net_expansion import (
    action_origins,
    added,
    grown_decision_model,
    grown_prior,
    grown_weights,
)
from cueline.policy.replay_buffer import ReplayBuffer
from cueline.settings import Settings
from cueline.training.featurising import Featurised
from cueline.training.training_run import TrainingRun, word_vectors
from cueline.types import Array, Map

FEW = 50
"""New dialogues of which none is held out: all are learned from, and training stops by them."""


def further(
    base: Policy,
    dialogues: DialogueSpool,
    held_out: DialogueSpool,
    settings: Settings,
    mapped: Map = map,
) -> TrainingRun:
    """The task of training `base` on `dialogues`, which it has not seen."""
    if not base.replay_buffer:
        raise PolicyError(
            "the policy to train further kept nothing of its training to go on from; train it anew"
        )
    given = Featurised.of(dialogues, held_out, settings, base, mapped)
    featurizer, actions = given.facts.featurizer, ActionSpace(given.facts.actions)
    growth = FeatureExpansion.between(base.featurizer, featurizer)
    before, counts = ReplayBuffer.unpack(base.replay_buffer), set_counts(given.learned)
    if given.facts.known:
        nothing = base.dataset([])
        before = before._replace(learned=nothing, held_out=nothing)
    else:
        counts = added(before.counts, counts)
    origins = action_origins(base.actions, actions)
    prior = grown_prior(before.prior, counts, origins, base.decision_model.single_action)
    start = grown_weights(base.weights, growth, origins, prior)
    for word, vector in _new_vectors(base, settings, featurizer).items():
        start["embedding"][word] = vector
    more = len(base.actions), len(actions)
    return TrainingRun(
        settings,
        given,
        actions,
        preferring(
            grown_decision_model(base.decision_model, counts, prior, settings.network.decisions),
            settings.decisions.prefer,
        ),
        start=start,
        vectors={},
        kept=ReplayBuffer(
            counts,
            prior,
            growth.moved(before.learned, *more),
            growth.moved(before.held_out, *more),
        ),
        base=base,
    )


def _new_vectors(base: Policy, settings: Settings, featurizer: Featurizer) -> dict[int, Array]:
    """Vectors from a file for the words that the policy did not know."""
    known = word_vectors(settings, featurizer.vocabulary.index)
    size = base.settings.network.embedding
    for vector in known.values():
        if len(vector) != size:
            raise SettingsError(
                f"{settings.features.vectors}: vectors of {len(vector)} numbers, but the policy to "
                f"train further has {size}; give others, or none"
            )
    return {word: v for word, v in known.items() if word >= len(base.featurizer.vocabulary)}


def inherited(base: Policy) -> Settings:
    """The settings that hold where none are given: the policy's own.

    Files of rules, schemas, vectors and entities were needed once; what came of them is in the
    policy.
    """
    features = msgspec.structs.replace(base.settings.features, vectors=None, entities=None)
    return msgspec.structs.replace(base.settings, features=features, rules=None, actions=None)


def check_shape(base: Policy, settings: Settings, config: object) -> None:
    """Raise `SettingsError` where `config` wants another network than the policy has."""
    where = f"{config}: " if isinstance(config, str | Path) else ""
    for name in base.settings.network.__struct_fields__:
        wanted, there = getattr(settings.network, name), getattr(base.settings.network, name)
        if wanted != there:
            raise SettingsError(
                f"{where}$.network.{name}: {wanted!r}, but the policy to train further has "
                f"{there!r}; leave it out, or train anew"
            )
