"""Training: from a corpus to a policy folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path

import keras
import msgspec
import numpy as np
import numpy.typing as npt

from cueline.corpus import read
from cueline.corpus.account import Account
from cueline.corpus.checks.emptiness import Emptiness
from cueline.corpus.checks.unknown_actions import UnknownActions
from cueline.corpus.options import ReadingOptions
from cueline.corpus.sources import Source
from cueline.corpus.transforms.augmentation import joined_dialogues, needed_to_learn
from cueline.corpus.transforms.split import parted, smaller_part
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dialogue import Dialogue
from cueline.errors import TrainingError
from cueline.json_schemas import read_schemas
from cueline.policy import Policy
from cueline.policy.scoring import Score
from cueline.policy.serialization import check_place
from cueline.settings import Settings
from cueline.training import checkpoint
from cueline.training.arguments import check_schemas, with_arguments
from cueline.training.averaging import averaged
from cueline.training.batches import Batches
from cueline.training.callbacks import TrainingLoop
from cueline.training.checkpoint import TrainingState
from cueline.training.cross_fitting import CrossFitting
from cueline.training.incremental import FEW, check_shape, further, inherited
from cueline.training.listening import Listeners
from cueline.training.model import Network
from cueline.training.progress import CorpusProgress
from cueline.training.threads import suited_threads
from cueline.training.training_run import TrainingRun
from cueline.types import Array, Map

DEFAULTS = Settings()
MAX_HELD_OUT = 2000
"""Dialogues held out at the most: their figures are sure enough, and each epoch waits for them."""


def train(
    source: Source,
    out: str | Path | None = None,
    *,
    valid: Source | None = None,
    config: str | Path | Settings | None = None,
    seed: int | None = None,
    options: str | ReadingOptions | None = None,
    rules: str | Path | None = None,
    actions: str | Path | None = None,
    base: str | Path | Policy | None = None,
    account: Account | None = None,
    mapped: Map = map,
) -> Policy:
    """Learn a policy from `source` and write it to the folder `out`, unless that is None.

    `source` is a file or folder, several, dialogues, dicts of the corpus format, a data frame, or a
    `Corpus`, and so is `valid`: the dialogues by which training stops and decisions are calibrated;
    without it a share of the corpus is held out. `options` says how both are read, or names their
    format, and `account` takes what was read. `config` is a TOML file or `Settings`; `seed`,
    `rules`, a file of preconditions, and `actions`, one of JSON schemas, go before those in it.
    Ctrl-C keeps the best so far. A run that was killed goes on where it stood when started again
    alike. The same corpus, settings and seed give the same bytes.

    `mapped` reads files, counts and featurises: `map`, or what `cueline.cluster.ray_map` gives.

    With a `base`, a policy or its folder, that one is trained further: it learns what is new in
    `source` and keeps what it knows. Its settings hold where none are given, and the shape of its
    network always.
    """
    if isinstance(base, str | Path):
        base = Policy.load(base)
    defaults = Settings() if base is None else inherited(base)
    settings = settings_of(config, seed, rules, actions, defaults)
    if base is not None:
        check_shape(base, settings, config)
    if out is not None:
        check_place(Path(out))
    account = account or Account()
    account.options = reading_options(options, base)
    with ExitStack() as spools:
        dialogues = worth_learning(read(source, account=account, mapped=mapped), settings, base)
        given = spools.enter_context(DialogueSpool.of(CorpusProgress(dialogues, "reading")))
        if valid is not None:
            judges = read(valid, account=account, mapped=mapped)
            held_out = spools.enter_context(DialogueSpool.of(judges))
        elif base is None or len(given) >= FEW:
            given, held_out = given.split(held_out_of(given, settings))
        else:
            held_out = spools.enter_context(DialogueSpool.of(()))
        given, with_joined = _with_joined(given, held_out, settings, spools)
        if valid is None:
            held_out = with_joined
        unfinished = None if out is None else checkpoint.path_of(Path(out))
        policy = _learned(given, held_out, settings, account.options, base, unfinished, mapped)
    if unfinished is None or out is None:
        return policy
    policy.save(out)
    unfinished.unlink(missing_ok=True)
    return policy


def fit_policy(
    dialogues: Iterable[Dialogue], held_out: Iterable[Dialogue], settings: Settings, out: Path
) -> Policy:
    """Train on `dialogues`; stop, and calibrate, by `held_out`. Checkpoints go beside `out`."""
    with ExitStack() as spools:
        given, judging = (
            spools.enter_context(DialogueSpool.of(part)) for part in (dialogues, held_out)
        )
        given, judging = _with_joined(given, judging, settings, spools)
        unfinished = checkpoint.path_of(out)
        return _learned(given, judging, settings, ReadingOptions(), None, unfinished)


def held_out_score(
    dialogues: Iterable[Dialogue], held_out: Iterable[Dialogue], settings: Settings, out: Path
) -> Score:
    """The score of the policy that `fit_policy` would make of the same, in a fraction of its time.

    Only the network that decides is trained: none for calibration, and nothing for arguments.
    """
    with ExitStack() as spools:
        given, judging = (
            spools.enter_context(DialogueSpool.of(part)) for part in (dialogues, held_out)
        )
        given, judging = _with_joined(given, judging, settings, spools)
        listeners = Listeners.of(given, judging, settings)
        learned, other = _heard(given, judging, listeners, spools)
        run = TrainingRun.first(learned, other, settings)
        progress, _ = _fit(run, *run.model(), checkpoint.path_of(out))
    if progress.best_score is None:
        raise TrainingError("training was stopped before its first epoch was done")
    return progress.best_score


def _learned(
    given: DialogueSpool,
    held_out: DialogueSpool,
    settings: Settings,
    options: ReadingOptions,
    base: Policy | None,
    unfinished: Path | None,
    mapped: Map = map,
) -> Policy:
    """What is heard, then what is done, then what it is called with."""
    schemas = {} if settings.actions is None else read_schemas(Path(settings.actions))
    if base is None:
        listeners = Listeners.of(given, held_out, settings)
    else:
        listeners = Listeners.same(base.listener)
    with ExitStack() as spools:
        learned, other = _heard(given, held_out, listeners, spools)
        run = (
            TrainingRun.first(learned, other, settings, mapped)
            if base is None
            else further(base, learned, other, settings, mapped)
        )
        check_schemas(schemas, run.actions, settings.actions)
        policy = _run(replace(run, reading=options), unfinished)
    known = None if base is None else base.argument_model
    policy = policy.with_words(listeners.final.tagger, known)
    return with_arguments(policy, given, held_out, listeners, schemas)


def _heard(
    given: DialogueSpool, held_out: DialogueSpool, listeners: Listeners, spools: ExitStack
) -> tuple[DialogueSpool, DialogueSpool]:
    """Both as they are heard, where there is anything to hear."""
    if listeners.final.tagger is None:
        return given, held_out
    heard = (listeners.learned(n).listened(one) for n, one in enumerate(given))
    learned = spools.enter_context(DialogueSpool.of(heard))
    other = spools.enter_context(DialogueSpool.of(map(listeners.final.listened, held_out)))
    return learned, other


def _with_joined(
    given: DialogueSpool, held_out: DialogueSpool, settings: Settings, spools: ExitStack
) -> tuple[DialogueSpool, DialogueSpool]:
    """Both with longer dialogues, joined of those in each that may follow one another.

    Where too few are held out to make many, those to stop by are other ones joined of those given.
    """
    made = joined_dialogues(given, settings.seed)
    if not made:
        return given, held_out
    source = held_out if len(held_out) >= FEW else given
    other = joined_dialogues(source, settings.seed + 1)[: max(len(made) // 5, 1)]
    with_made, with_other = (
        spools.enter_context(DialogueSpool.of(chain(*both)))
        for both in ((given, made), (held_out, other))
    )
    return with_made, with_other


def _run(run: TrainingRun, unfinished: Path | None = None) -> Policy:
    """Train, from where the checkpoint `unfinished` stands and keeping it; None keeps nothing."""
    model, network = run.model()
    cross_fitting = CrossFitting(run, model, network)
    progress, stopped = _fit(run, model, network, unfinished)
    out_of_fold = [] if stopped else list(cross_fitting.evidence(progress.best_epoch))
    return run.finish(progress, out_of_fold)


def _fit(
    run: TrainingRun, model: keras.Model, network: Network, unfinished: Path | None
) -> tuple[TrainingState, bool]:
    """Where training ended, with the best weights, and whether it was stopped."""
    settings, columns = run.settings, run.featurizer.width
    fingerprint = run.fingerprint()
    progress = TrainingState()
    if unfinished is not None:
        progress = checkpoint.resume(unfinished, fingerprint, model)
    if run.base is not None and progress.best_score is None:
        progress.best, progress.best_score = dict(run.start), run.score(run.start)
    batches = Batches(run.dataset, settings, len(run.actions), columns, run.draws)

    def save() -> None:
        if unfinished is not None:
            checkpoint.write(unfinished, fingerprint, progress, model)

    def weights() -> dict[str, Array]:
        return averaged(model, network)

    watch = TrainingLoop(
        settings.training,
        progress,
        score=run.score,
        weights=weights,
        save=save,
        turns=int(run.dataset.lengths[run.draws].sum()),
    )
    with suited_threads(batches.size, settings.network.units):
        watch.fit(model, batches, run.sampling(batches, weights, progress.epoch))
    return progress, watch.stopped


def hold_out(
    dialogues: Sequence[Dialogue], settings: Settings
) -> tuple[list[Dialogue], list[Dialogue]]:
    """The dialogues to learn from, and those to stop and to calibrate by."""
    return parted(dialogues, held_out_of(dialogues, settings))


def held_out_of(dialogues: Iterable[Dialogue], settings: Settings) -> npt.NDArray[np.bool_]:
    """Which dialogues to stop and to calibrate by; the others are learned from. *Shape:* (D,).

    The stories of a bot are no sample: none is held out unless it occurs often in other words.
    """
    training = settings.training
    share, seed, group = training.held_out, settings.seed, training.group
    held_out = smaller_part(dialogues, share, seed, group, MAX_HELD_OUT)
    needed = needed_to_learn(dialogues)
    held_out &= ~needed
    if not held_out.any() and not needed.any():
        raise TrainingError(
            f"{len(held_out)} dialogue(s), and none can be held out to stop by; "
            "give at least two, or a validation corpus (--valid)"
        )
    return held_out


def settings_of(
    config: str | Path | Settings | None,
    seed: int | None,
    rules: str | Path | None = None,
    actions: str | Path | None = None,
    defaults: Settings = DEFAULTS,
) -> Settings:
    """The settings given, or the defaults; what else is given goes before that in them."""
    settings = config if isinstance(config, Settings) else defaults
    if isinstance(config, str | Path):
        settings = Settings.read(Path(config), defaults)
    if seed is not None:
        settings = msgspec.structs.replace(settings, seed=seed)
    files = {"rules": rules, "actions": actions}
    given = {name: str(path) for name, path in files.items() if path is not None}
    return msgspec.structs.replace(settings, **given)


def reading_options(options: str | ReadingOptions | None, base: Policy | None) -> ReadingOptions:
    """The options given; where nothing is said, those of the policy that is trained further."""
    given = ReadingOptions.of(options)
    return given if base is None else given.preferring(base.reading)


def worth_learning(
    dialogues: Iterable[Dialogue], settings: Settings, base: Policy | None
) -> Iterable[Dialogue]:
    """`dialogues`, watched for there being nothing to learn, or only what `base` does not know."""
    if settings.network.answer == "dialogue":  # labels of dialogues are learned, not actions
        return dialogues
    dialogues = Emptiness().watched(dialogues)
    if base is None:
        return dialogues
    return UnknownActions(base.actions, str(base.reading)).watched(dialogues)
