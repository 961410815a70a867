"""The public corpora that quality is measured on, each with its splits for choices and for the end.

`dev` is what choices are made by. Where a corpus comes without a dev split, a fifth of the training
dialogues is one, and its test split stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from cueline.corpus import read_all, split
from cueline.dialogue import Dialogue

FOLDS = 5
"""Parts of a corpus that has no splits: each is the test of a policy trained on the others."""
_DEV_SEED = 100


class Part(NamedTuple):
    """Dialogues to train on, and one or more splits to judge by."""

    train: Sequence[Dialogue]
    tests: dict[str, Sequence[Dialogue]]


@dataclass(frozen=True)
class Task:
    """A corpus with its splits."""

    files: tuple[str, ...]
    parts: Callable[[Path, bool], Iterator[Part]]
    group: str | None = None
    """The `meta` key whose dialogues are never parted in holding out."""
    cluster: str | None = None
    """The `meta` key whose dialogues are resampled together."""


def _splits(
    folder: str, train: str, format: str | None = None, dev: str | None = None, **tests: str
) -> Task:
    """Files for training, for `dev` if there is one, and for the end (`dev` if no other is)."""
    path = f"{folder}/{{}}".format
    ends = tests or {"dev": dev}

    def parts(corpora: Path, choosing: bool) -> Iterator[Part]:
        dialogues = read_all([corpora / path(train)], format)
        if choosing and dev is None:
            dialogues, held_out = split(dialogues, 0.2, _DEV_SEED)
            yield Part(dialogues, {"dev": held_out})
        else:
            names = {"dev": dev} if choosing else ends
            loaded = {
                name: read_all([corpora / path(file)], format) for name, file in names.items()
            }
            yield Part(dialogues, loaded)

    return Task(tuple(path(file) for file in (train, dev, *tests.values()) if file), parts)


def _sgd_slots() -> Task:
    """Dialogues of services that training has seen apart from those with another one."""
    plain = _splits("sgd", "train.jsonl", "sgd-slots", dev="dev.jsonl")

    def parts(corpora: Path, dev: bool) -> Iterator[Part]:
        for part in plain.parts(corpora, dev):
            seen = {service for d in part.train for service in d.meta["services"]}
            dialogues = part.tests["dev"]
            known = [d for d in dialogues if set(d.meta["services"]) <= seen]
            new = [d for d in dialogues if not set(d.meta["services"]) <= seen]
            yield Part(part.train, {"dev": dialogues, "seen services": known, "unseen": new})

    return Task(plain.files, parts)


def _tau_bench() -> Task:
    """Trajectories that reached their goal; no two parts share a task."""
    file = "tau_bench/gpt-4o-airline.json"

    def parts(corpora: Path, dev: bool) -> Iterator[Part]:
        good = [d for d in read_all([corpora / file], None) if d.meta["reward"] == 1]
        tasks = sorted({str(d.meta["task_id"]) for d in good})
        for fold in range(FOLDS):
            held = set(tasks[fold::FOLDS])
            if dev:  # of the four fifths that are not the test, one is the dev split
                good_ = [d for d in good if str(d.meta["task_id"]) not in held]
                held = set(tasks[(fold + 1) % FOLDS :: FOLDS])
            else:
                good_ = good
            train = [d for d in good_ if str(d.meta["task_id"]) not in held]
            test = [d for d in good_ if str(d.meta["task_id"]) in held]
            yield Part(train, {"dev" if dev else f"{FOLDS} folds": test})

    return Task((file,), parts, group="task_id", cluster="task_id")


_T5 = "dialog-babi-task5-full-dialogs-{}.txt"
_T6 = "dialog-babi-task6-dstc2-{}.txt"
_TED = "train.md"

TASKS: dict[str, Task] = {
    "babi5": _splits(
        "babi",
        _T5.format("trn"),
        dev=_T5.format("dev"),
        test=_T5.format("tst"),
        OOV=_T5.format("tst-OOV"),
    ),
    "babi6": _splits("babi", _T6.format("trn"), dev=_T6.format("dev"), test=_T6.format("tst")),
    "multiwoz": _splits("ted_multiwoz/e2e", _TED, test="test.md"),
    "multiwoz-status": _splits("ted_multiwoz/e2e-status", _TED, test="test.md"),
    "sgd": _splits("sgd", "train.jsonl", dev="dev.jsonl"),
    "sgd, new services held out": replace(
        _splits("sgd", "train.jsonl", dev="dev.jsonl"), group="services"
    ),
    "sgd-slots": _sgd_slots(),
    "tau-bench": _tau_bench(),
    "sim-m": _splits(
        "sim_dialogue/sim-M", "train.json", "sim-slots", dev="dev.json", test="test.json"
    ),
}
