"""From dialogues to what is learned from: arrays, and what it takes to make more of them.

It takes longer than reading a corpus, and other settings of the network or of training change
nothing of it: so it is kept (`dataset.storage.cache`), under a key made of all that decides it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path

import msgspec
from msgspec import Struct

from cueline import io
from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import build, in_chunks
from cueline.dataset.storage.cache import entry
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dataset.storage.mmap_dataset import IncompleteError, open_dataset, write_dataset
from cueline.dataset.targets import targets
from cueline.errors import Place, SettingsError
from cueline.features import Featurizer
from cueline.features.counts import FeatureCounts
from cueline.features.entities import lexicon
from cueline.policy import Policy
from cueline.policy.replay_buffer import ReplayBuffer
from cueline.rules import Precondition
from cueline.rules.grammar import WrittenPrecondition, check_names, read_rules
from cueline.rules.masks import check_kept
from cueline.settings import Settings
from cueline.training.progress import CorpusProgress
from cueline.types import Map

SOURCES = (
    "tokenizer.py",
    "dialogue.py",
    "actions.py",
    "features",
    "dataset",
    "rules",
    "training/featurising.py",
)
"""The code by which dialogues become numbers."""
FACTS = "facts.json"


class Facts(Struct, forbid_unknown_fields=True):
    """All that is found in dialogues but the arrays."""

    featurizer: Featurizer
    actions: list[str]
    """What a decision is made of, in the order of the bits."""
    preconditions: list[Precondition]
    """When an action may be done at all; the masks of the datasets hold to them."""
    known: bool
    """Whether all that a policy to train further kept to rehearse is among the dialogues."""


@dataclass(frozen=True)
class Featurised:
    """Dialogues as they are learned from."""

    key: str
    """A hash of all that decides it."""
    facts: Facts
    learned: Dataset
    held_out: Dataset

    @classmethod
    def of(
        cls,
        dialogues: DialogueSpool,
        held_out: DialogueSpool,
        settings: Settings,
        base: Policy | None = None,
        mapped: Map = map,
    ) -> Featurised:
        """Words, values and actions come from `dialogues` alone, on top of those of `base`.

        Chunks of dialogues are counted and featurised by `mapped`.

        From the cache, or made and kept there; either way its datasets are maps of files. Raises
        `CacheError`, and what the files of rules and entities and `check_kept` give cause to.
        """
        rules, named = written(settings, base), entities(settings)
        inputs = FeaturisingInputs(dialogues, held_out, settings, base, rules, named, mapped)
        facts, learned, judging = entry(inputs.key, inputs.fill, _opened)
        return cls(inputs.key, facts, learned, judging)


@dataclass(frozen=True)
class FeaturisingInputs:
    """What is to be featurised, and all that decides how."""

    dialogues: DialogueSpool
    held_out: DialogueSpool
    settings: Settings
    base: Policy | None
    rules: Sequence[WrittenPrecondition]
    entities: Mapping[str, list[str]]
    mapped: Map = map

    @cached_property
    def key(self) -> str:
        """A hash of all that decides what comes of it, and of nothing else."""
        settings, network = self.settings, self.settings.network
        decisive = {
            "learned": self.dialogues.digest,
            "held_out": self.held_out.digest,
            "features": msgspec.structs.replace(settings.features, vectors=None, entities=None),
            "entities": self.entities,
            "pairs": _bag(settings),
            "answer": (network.answer, network.label),
            "preconditions": self._preconditions,
            "base": None if self.base is None else self.base.hash,
            "code": code_hash(),
        }
        return sha256(msgspec.json.encode(decisive, order="sorted")).hexdigest()

    def fill(self, folder: Path) -> None:
        """Featurise, into the empty `folder`."""
        facts = self._facts()
        actions, answers = ActionSpace(facts.actions), targets(self.settings.network)
        for name, some in (("learned", self.dialogues), ("held_out", self.held_out)):
            chunks = in_chunks(CorpusProgress(some, "featurising", len(some)))
            built = partial(
                build,
                featurizer=facts.featurizer,
                space=actions,
                targets=answers,
                preconditions=facts.preconditions,
            )
            write_dataset(folder / name, self.mapped(built, chunks))
        (folder / FACTS).write_bytes(msgspec.json.encode(facts))

    def _facts(self) -> Facts:
        featurizer = self._featurizer()
        actions = self._actions(featurizer)
        if self.settings.rules is not None:
            check_names(self.rules, actions, set(featurizer.context.index))
        if self.rules:
            check_kept(self.rules, actions, chain(self.dialogues, self.held_out))
        return Facts(featurizer, list(actions.names), self._preconditions, self._known())

    def _featurizer(self) -> Featurizer:
        settings, old = self.settings.features, self.base
        known = self.entities if old is None else old.featurizer.entities_and(self.entities)
        shown = CorpusProgress(self.dialogues, "finding words and values", len(self.dialogues))
        counted = partial(
            FeatureCounts.of,
            known=lexicon(known),
            max_words=settings.max_words,
            pairs=settings.pairs and _bag(self.settings),
        )
        counts = FeatureCounts.together(self.mapped(counted, in_chunks(shown)))
        if old is None:
            return Featurizer.of(counts, settings, known)
        return old.featurizer.grown(counts, settings, self.entities)

    def _actions(self, featurizer: Featurizer) -> ActionSpace:
        """What a decision is made of."""
        network = self.settings.network
        if network.answer == "turn":
            return ActionSpace(featurizer.actions)
        answers, old = targets(network), () if self.base is None else self.base.actions.names
        labels = {name for d in self.dialogues for names in answers(d) for name in names}
        return ActionSpace([*old, *sorted(labels - set(old))])

    def _known(self) -> bool:
        if self.base is None:
            return False
        kept = ReplayBuffer.unpack(self.base.replay_buffer)
        chunks = in_chunks(chain(self.dialogues, self.held_out))
        return kept.within(self.base.dataset(chunk) for chunk in chunks)

    @property
    def _preconditions(self) -> list[Precondition]:
        return [precondition for _, precondition in self.rules]


def _bag(settings: Settings) -> bool:
    """Whether pairs of words count: they carry some order to an encoder that ignores it."""
    return settings.network.encoder == "bag"


def _opened(folder: Path) -> tuple[Facts, Dataset, Dataset]:
    try:
        facts = msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError, UnicodeDecodeError):
        raise IncompleteError(folder) from None
    return facts, open_dataset(folder / "learned"), open_dataset(folder / "held_out")


def code_hash() -> str:
    """A hash of the code that featurises, so that a changed one never meets old numbers."""
    digest = sha256()
    for source in SOURCES:
        for file in _modules(files("cueline").joinpath(*source.split("/"))):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _modules(source: Traversable) -> list[Traversable]:
    if source.is_file():
        return [source]
    inner = (file for file in source.iterdir() if file.name.endswith(".py"))
    return sorted(inner, key=lambda file: file.name)


def written(settings: Settings, base: Policy | None = None) -> list[WrittenPrecondition]:
    """The preconditions of the rules file, else those of `base`."""
    if settings.rules is None:
        kept = () if base is None else base.preconditions.all
        return [WrittenPrecondition(Place("the policy to train further"), one) for one in kept]
    if settings.network.answer == "dialogue":
        raise SettingsError(
            f"{settings.rules}: preconditions are about actions, and with "
            '`answer = "dialogue"` labels are decided; leave out one or the other'
        )
    return read_rules(Path(settings.rules))


def entities(settings: Settings) -> dict[str, list[str]]:
    """The entities of the file that the settings name, values by kind."""
    if settings.features.entities is None:
        return {}
    return io.read(Path(settings.features.entities), dict[str, list[str]], SettingsError)
