"""From dialogues to what is learned from: arrays, and what it takes to make more of them.

It takes longer than reading a corpus, and other settings of the network or of training change
nothing of it: so it is kept (`features.cache`), under a key made of all that decides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
from msgspec import Struct

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue
from cueline.errors import Place, SettingsError
from cueline.features import Featurizer, Table
from cueline.features.cache import entry
from cueline.features.filed import NotWhole, open_table, write_table
from cueline.features.spool import Spool
from cueline.features.table import build, in_chunks
from cueline.files import read_as
from cueline.network.showing import Shown
from cueline.policy import Policy
from cueline.policy.policy import targets
from cueline.policy.rehearsal import Rehearsal
from cueline.preconditions import Precondition
from cueline.preconditions.grammar import Written, check_names, read_rules
from cueline.preconditions.masking import check_kept
from cueline.settings import Settings

SOURCES = ("dialogue.py", "actions.py", "features", "preconditions", "network/featurising.py")
"""The code by which dialogues become numbers."""
FACTS = "facts.json"


class Facts(Struct, forbid_unknown_fields=True):
    """All that is found in dialogues but the arrays."""

    featurizer: Featurizer
    actions: list[str]
    """What a decision is made of, in the order of the bits."""
    preconditions: list[Precondition]
    """When an action may be done at all; the tables' masks hold to them."""
    known: bool
    """Whether all that a policy to train further kept to rehearse is among the dialogues."""


@dataclass(frozen=True)
class Featurised:
    """Dialogues as they are learned from."""

    key: str
    """A hash of all that decides it."""
    facts: Facts
    learned: Table
    held_out: Table

    @classmethod
    def of(
        cls, dialogues: Spool, held_out: Spool, settings: Settings, base: Policy | None = None
    ) -> Featurised:
        """Words, values and actions come from `dialogues` alone, on top of those of `base`.

        Kept on disk and mapped from there. Raises what `written`, `Featurizer` and `check_kept`
        raise, and `CacheError`.
        """
        rules = written(settings, base)
        given = entities(settings)
        key = key_of(dialogues, held_out, settings, given, rules, base)

        def fill(folder: Path) -> None:
            found = _found(dialogues, settings, given, base)
            featurizer, actions = found
            if settings.rules is not None:
                check_names(rules, actions, set(featurizer.context.index))
            if rules:
                check_kept(rules, actions, _both(dialogues, held_out))
            conditions = [precondition for _, precondition in rules]
            known = base is not None and _knows(base, _both(dialogues, held_out))
            facts = Facts(featurizer, list(actions.names), conditions, known)
            answers = targets(settings.network)
            for name, some in (("learned", dialogues), ("held_out", held_out)):
                chunks = in_chunks(Shown(some, "featurising", len(some)))
                tables = (build(c, featurizer, actions, answers, conditions) for c in chunks)
                write_table(folder / name, tables)
            (folder / FACTS).write_bytes(msgspec.json.encode(facts))

        facts, learned, judging = entry(key, fill, _opened)
        return cls(key, facts, learned, judging)


def _opened(folder: Path) -> tuple[Facts, Table, Table]:
    try:
        facts = msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError, UnicodeDecodeError):
        raise NotWhole(folder) from None
    return facts, open_table(folder / "learned"), open_table(folder / "held_out")


def key_of(
    dialogues: Spool,
    held_out: Spool,
    settings: Settings,
    entities: dict[str, list[str]],
    rules: Sequence[Written],
    base: Policy | None,
) -> str:
    """A hash of all that decides how `dialogues` become numbers, and of nothing else."""
    features = msgspec.structs.replace(settings.features, vectors=None, entities=None)
    network = settings.network
    said = {
        "learned": dialogues.digest,
        "held_out": held_out.digest,
        "features": features,
        "entities": entities,
        "pairs": network.encoder == "bag",
        "answer": (network.answer, network.label),
        "preconditions": [precondition for _, precondition in rules],
        "base": None if base is None else base.hash,
        "code": code_hash(),
    }
    return sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


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


def _found(
    dialogues: Spool, settings: Settings, entities: dict[str, list[str]], base: Policy | None
) -> tuple[Featurizer, ActionSpace]:
    """What turns `dialogues` into numbers, and what a decision is made of."""
    network, bag = settings.network, settings.network.encoder == "bag"
    shown = Shown(dialogues, "finding words and values", len(dialogues))
    fit = Featurizer.fit if base is None else base.featurizer.extended
    featurizer = fit(shown, settings.features, entities, pairs=bag)
    if network.answer == "turn":
        return featurizer, ActionSpace(featurizer.actions)
    answers, old = targets(network), () if base is None else base.actions.names
    labels = {name for d in dialogues for names in answers(d) for name in names}
    return featurizer, ActionSpace([*old, *sorted(labels - set(old))])


def _both(dialogues: Spool, held_out: Spool) -> Iterator[Dialogue]:
    yield from dialogues
    yield from held_out


def _knows(base: Policy, dialogues: Iterable[Dialogue]) -> bool:
    kept = Rehearsal.unpack(base.rehearsal)
    return kept.within(base.table(chunk) for chunk in in_chunks(dialogues))


def written(settings: Settings, base: Policy | None = None) -> list[Written]:
    """The preconditions of the rules file, else those of `base`."""
    if settings.rules is None:
        kept = () if base is None else base.preconditions.all
        return [Written(Place("the policy to train further"), one) for one in kept]
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
    return read_as(Path(settings.features.entities), dict[str, list[str]], SettingsError)
