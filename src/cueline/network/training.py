"""Training: from a corpus to a policy folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import keras
import msgspec
import numpy as np

from cueline import baselines
from cueline.actions import ActionSpace
from cueline.corpus import load, split
from cueline.dialogue import Dialogue
from cueline.errors import SettingsError, TrainingError
from cueline.features import Featurizer, Table, vectors
from cueline.features.table import build
from cueline.files import read_as
from cueline.network import checkpoint
from cueline.network.batches import Batches
from cueline.network.losses import Surprise, action_weights
from cueline.network.model import Network
from cueline.network.watching import Watch
from cueline.policy import Policy
from cueline.policy.decide import Rule
from cueline.policy.fitting import Score, Truth, first_rule, fit, prior_logits, score, target_bits
from cueline.policy.folder import check_place
from cueline.policy.policy import targets
from cueline.policy.recurrence import Array
from cueline.settings import Settings

Corpora = str | Path | Sequence[str | Path]


def train(
    corpus: Corpora,
    out: str | Path,
    *,
    valid: Corpora | None = None,
    config: str | Path | Settings | None = None,
    seed: int | None = None,
    format: str | None = None,
) -> Policy:
    """Learn a policy from `corpus` and write it to the folder `out`.

    `valid` holds the dialogues by which training stops and decisions are calibrated; without it a
    share of the corpus is held out. `config` is a TOML file or `Settings`; `seed` goes before the
    one in it. Ctrl-C keeps the best so far. A run that was killed goes on where it stood when
    started again alike. The same corpus, settings and seed give the same bytes.
    """
    settings = _settings(config, seed)
    check_place(Path(out))
    dialogues = load(_paths(corpus), format)
    if valid is not None:
        held_out = load(_paths(valid), format)
    else:
        dialogues, held_out = _hold_out(dialogues, settings)
    policy = fit_policy(dialogues, held_out, settings, Path(out))
    policy.save(out)
    checkpoint.path_of(Path(out)).unlink(missing_ok=True)
    return policy


def fit_policy(
    dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue], settings: Settings, out: Path
) -> Policy:
    """Train on `dialogues`; stop, and calibrate, by `held_out`. Checkpoints go beside `out`."""
    task = _Task.of(dialogues, held_out, settings)
    model, network = task.model()
    path, fingerprint = checkpoint.path_of(out), task.fingerprint()
    progress = checkpoint.resume(path, fingerprint, model)
    batches = Batches(task.table, settings, len(task.actions), task.featurizer.width)
    watch = Watch(
        settings.training,
        progress,
        score=task.score,
        weights=lambda: averaged(model, network),
        save=lambda: checkpoint.write(path, fingerprint, progress, model),
        turns=int(task.table.dialogues[-1]),
    )
    watch.fit(model, batches)
    return task.finish(progress)


@dataclass(frozen=True)
class _Task:
    """What there is to learn: all that training needs but the network."""

    settings: Settings
    featurizer: Featurizer
    actions: ActionSpace
    rule: Rule
    table: Table
    held_out: Table
    truth: Truth
    """The right answers of `held_out`."""
    vectors: dict[str, Array]

    @classmethod
    def of(
        cls, dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue], settings: Settings
    ) -> _Task:
        bag = settings.network.encoder == "bag"
        featurizer = Featurizer.fit(dialogues, settings.features, _entities(settings), pairs=bag)
        known: dict[str, Array] = {}
        if settings.features.vectors is not None:
            known = vectors.read(Path(settings.features.vectors), featurizer.vocabulary.index)
            size = len(next(iter(known.values())))
            network = msgspec.structs.replace(settings.network, embedding=size)
            settings = msgspec.structs.replace(settings, network=network)
        answers = targets(settings.network)
        actions = ActionSpace(
            featurizer.actions
            if settings.network.answer == "turn"
            else sorted({name for d in dialogues for names in answers(d) for name in names})
        )
        table = build(dialogues, featurizer, actions, answers)
        _check_worth_learning(table)
        rule = first_rule(table, len(actions), settings.network.decisions)
        judge = build(held_out, featurizer, actions, answers)
        truth = Truth(target_bits(judge, len(actions)), judge.allowed(len(actions)), judge.foreign)
        return cls(settings, featurizer, actions, rule, table, judge, truth, known)

    def model(self) -> tuple[keras.Model, Network]:
        """The network to train, compiled, at its beginning."""
        settings = self.settings.training
        sizes = len(self.featurizer.vocabulary), self.featurizer.width, len(self.actions)
        network = Network(self.settings.network, *sizes, seed=self.settings.seed)
        model = network.training_model()
        weights = network.weights()
        for word, vector in self.vectors.items():
            weights["embedding"][self.featurizer.vocabulary.index[word]] = vector
        actions, rule = len(self.actions), self.rule
        weights["output.bias"] = prior_logits(self.table, actions, rule.single)
        network.set_weights(weights)
        model.compile(
            keras.optimizers.Adam(
                settings.learning_rate,
                global_clipnorm=settings.clip,
                use_ema=settings.average > 0,
                ema_momentum=settings.average,
            ),
            Surprise(rule.sets, action_weights(self.table, actions, settings.balance)),
        )
        return model, network

    def logits(self, weights: dict[str, Array]) -> Array:
        """The held-out dialogues' logits with `weights`."""
        policy = Policy(self.settings, self.actions, self.featurizer, self.rule, weights)
        return policy.logits(self.held_out)

    def score(self, weights: dict[str, Array]) -> Score:
        """How well the held-out dialogues go with `weights`."""
        return score(self.rule, self.logits(weights), self.truth)

    def finish(self, progress: checkpoint.Progress) -> Policy:
        """The best weights, with a decision rule fitted to them."""
        logits = self.logits(progress.best)
        training = {
            "dialogues": len(self.table.lengths),
            "turns": int(self.table.dialogues[-1]),
            "held_out_dialogues": len(self.held_out.lengths),
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "held_out": progress.best_score._asdict() if progress.best_score else {},
            "history": {
                "loss": [round(loss, 4) for loss, _ in progress.history],
                "exact": [round(exact, 4) for _, exact in progress.history],
            },
        }
        return Policy(
            self.settings,
            self.actions,
            self.featurizer,
            fit(self.rule, logits, self.truth),
            progress.best,
            training,
            baselines.fit(self.table, self.held_out, self.featurizer, self.rule),
        )

    def fingerprint(self) -> str:
        """A hash of everything that decides how the run goes."""
        digest = sha256(msgspec.json.encode((self.settings, self.featurizer)))
        digest.update(keras.backend.backend().encode())
        for table in (self.table, self.held_out):
            for array in (
                table.dialogues,
                table.utterances.flat,
                table.turns.utterance,
                table.turns.columns.flat,
                table.turns.values,
                table.targets.flat,
                table.targets.starts,
                table.available.flat,
            ):
                digest.update(array.tobytes())
        return digest.hexdigest()


def averaged(model: keras.Model, network: Network) -> dict[str, Array]:
    """The weights averaged over the last steps (Polyak and Juditsky, 1992); `model` stays as it is.

    An average takes back the noise of single steps, and costs nothing when acting.
    """
    variables = model.trainable_variables
    latest = [np.array(variable.numpy()) for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    weights = network.weights()
    for variable, value in zip(variables, latest, strict=True):
        variable.assign(value)
    return weights


def _check_worth_learning(table: Table) -> None:
    targets = {tuple(table.targets[row].tolist()) for row in range(len(table.targets))}
    if len(targets) < 2:
        raise TrainingError(
            "the answer is the same at every turn of the corpus, so there is nothing to learn; "
            "give dialogues in which the system does one thing here and another there"
        )


def _hold_out(
    dialogues: list[Dialogue], settings: Settings
) -> tuple[list[Dialogue], list[Dialogue]]:
    training = settings.training
    kept, held_out = split(dialogues, training.held_out, settings.seed, training.group)
    if not held_out:
        raise TrainingError(
            f"{len(dialogues)} dialogue(s), and none can be held out to stop by; "
            "give at least two, or a validation corpus (--valid)"
        )
    return kept, held_out


def _entities(settings: Settings) -> dict[str, list[str]]:
    if settings.features.entities is None:
        return {}
    return read_as(Path(settings.features.entities), dict[str, list[str]], SettingsError)


def _settings(config: str | Path | Settings | None, seed: int | None) -> Settings:
    settings = config if isinstance(config, Settings) else Settings()
    if isinstance(config, str | Path):
        settings = Settings.read(Path(config))
    return settings if seed is None else msgspec.structs.replace(settings, seed=seed)


def _paths(corpora: Corpora) -> list[str | Path]:
    return [corpora] if isinstance(corpora, str | Path) else list(corpora)
