"""The corpora of the speed benchmark, written once as JSON lines for all processes to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from cueline.corpus import read_all, split
from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn

ACTIONS = 250
"""Actions kept of SGD's acts and slots by domain, the most frequent first."""
EVERY = 4
"""One in so many training dialogues teaches the policy that acts."""
_TASK5 = "babi/dialog-babi-task5-full-dialogs-{}.txt"
FILES = {
    "SGD": ("sgd/train.jsonl", "sgd/dev.jsonl"),
    "bAbI 5": (_TASK5.format("trn"), _TASK5.format("dev")),
}


@dataclass(frozen=True)
class Data:
    """Dialogues to learn from, to stop by, and to be judged by."""

    kept: list[Dialogue]
    held: list[Dialogue]
    dev: list[Dialogue]

    @classmethod
    def read(cls, folder: Path) -> Data:
        return cls(*(read_all([folder / f"{name}.jsonl"]) for name in ("kept", "held", "dev")))

    @property
    def turns(self) -> int:
        """What an epoch goes through."""
        return sum(len(dialogue.turns) for dialogue in self.kept)


def write_splits(corpora: Path, name: str, sample: int | None, words_only: bool, out: Path) -> Path:
    """A corpus in the folder `out`, a tenth of its training dialogues held out.

    With `words_only` a turn is what the user says and what the system did before, which every
    network can be given alike.
    """
    out.mkdir(parents=True)
    train, dev = (read_all([corpora / file])[:sample] for file in FILES[name])
    kept, held = split(train, 0.1, 0)
    for part, dialogues in (("kept", kept), ("held", held), ("dev", dev)):
        jsonl.write(out / f"{part}.jsonl", _plain(dialogues) if words_only else dialogues)
    return out


def write_domain_actions(corpora: Path, sample: int | None, out: Path) -> Path:
    """SGD with domain, act and slot as the action: every fourth dialogue for training, and dev."""
    out.mkdir(parents=True, exist_ok=True)
    files = [corpora / file for file in FILES["SGD"]]
    train, dev = (_with_domain(read_all([file], "sgd-slots")[:sample]) for file in files)
    counts = Counter(name for d in train for turn in d.turns for name in turn.actions or ())
    frequent = {name for name, _ in counts.most_common(ACTIONS)}
    jsonl.write(out / "train.jsonl", _only(train[::EVERY], frequent))
    jsonl.write(out / "dev.jsonl", _only(dev, frequent))
    return out


def write_repeated(corpora: Path, sample: int | None, times: int, out: Path) -> Path:
    """SGD's training dialogues so many times over, each under a name of its own."""
    dialogues = read_all([corpora / FILES["SGD"][0]])[:sample]
    jsonl.write(out, (replace(d, id=f"{d.id}/{n}") for n in range(times) for d in dialogues))
    return out


def _plain(dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
    for dialogue in dialogues:
        turns = tuple(replace(turn, features={}) for turn in dialogue.turns)
        yield replace(dialogue, turns=turns, meta={})


def _with_domain(dialogues: Iterable[Dialogue]) -> list[Dialogue]:
    def named(turn: Turn, domain: str) -> Turn:
        return replace(turn, actions=tuple(f"{domain}:{name}" for name in turn.actions or ()))

    found = []
    for dialogue in dialogues:
        domain = dialogue.meta["services"][0].split("_")[0]
        turns = tuple(named(turn, domain) for turn in dialogue.turns)
        found.append(replace(dialogue, turns=turns))
    return found


def _only(dialogues: Sequence[Dialogue], names: set[str]) -> Iterator[Dialogue]:
    """Without the actions that are not among `names`."""
    for dialogue in dialogues:
        turns = tuple(
            replace(turn, actions=tuple(name for name in turn.actions or () if name in names))
            for turn in dialogue.turns
        )
        yield replace(dialogue, turns=turns)
