"""What a policy forgets, and what it learns, when it is trained further.

    python -m benchmarks.quality.incremental CORPORA [--dev] [--only CASE]

CORPORA has the folders `sgd` and `babi`. Each case trains a base policy, trains it further on new
dialogues alone, and sets beside that the same without rehearsal, and training from scratch on old
and new together. Corrections are 20 dialogues in which the base was wrong somewhere; the
column "new exact" is then the share right of the turns it had wrong. With --dev the tests are those
that choices are made by.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from cueline.corpus import read_all
from cueline.corpus.formats import jsonl
from cueline.dataset.slicing import take
from cueline.dataset.target_bits import TargetBits, target_bits
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.policy.replay_buffer import ReplayBuffer
from cueline.policy.scoring import exact_matches
from cueline.training.trainer import train

TEST = 400
"""Dialogues of a test at the most."""


@dataclass
class Case:
    """Dialogues to begin with, new ones, tests of both; and some to look for mistakes in."""

    name: str
    base: list[Dialogue]
    new: list[Dialogue]
    old_test: list[Dialogue]
    new_test: list[Dialogue]
    pool: list[Dialogue]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    print("| dialogues | training | old exact | new exact | epochs |")
    print("| --- | --- | ---: | ---: | ---: |", flush=True)
    for make in (babi_action, babi_weak, sgd_action, sgd_domain):
        if given.only in make.__name__:
            run(make(given.corpora, given.dev))


def run(case: Case) -> None:
    """Train in each way and print a row of the table for each."""
    with tempfile.TemporaryDirectory() as folder:
        base = trained(case, "before", case.base, Path(folder))
        if case.new:
            further(case, base, Path(folder))
            trained(case, "from scratch on both", case.base + case.new, Path(folder))
        if case.pool:
            wrong = [dialogue for dialogue in case.pool if not all(hits(base, [dialogue]))][:20]
            name = f"{case.name}: {len(wrong)} corrections"
            further(replace(case, name=name, new=wrong, new_test=[]), base, Path(folder))


def further(case: Case, base: Policy, folder: Path) -> None:
    trained(case, "further", case.new, folder, base)
    trained(case, "further, nothing rehearsed", case.new, folder, forgetful(base))


def trained(
    case: Case, how: str, dialogues: list[Dialogue], folder: Path, base: Policy | None = None
) -> Policy:
    """The policy, and a row of the table on the way."""
    jsonl.write(folder / "corpus.jsonl", dialogues)
    policy = train(folder / "corpus.jsonl", folder / how, base=base)
    found = hits(policy, case.new_test)
    if base is not None and not case.new_test:
        before = hits(base, dialogues)
        found = [now for was, now in zip(before, hits(policy, dialogues), strict=True) if not was]
    cells = [case.name, how, share(hits(policy, case.old_test)), share(found)]
    print(f"| {' | '.join([*cells, str(policy.training['epochs'])])} |", flush=True)
    return policy


def share(found: list[bool]) -> str:
    return f"{sum(found) / len(found):.3f}" if found else ""


def hits(policy: Policy, dialogues: list[Dialogue]) -> list[bool]:
    """Turn by turn, whether the decision is right."""
    dataset, actions = policy.dataset(dialogues), len(policy.actions)
    targets = TargetBits(
        target_bits(dataset, actions), dataset.allowed(actions), dataset.out_of_space
    )
    return exact_matches(
        policy.decision_model.predict(policy.logits(dataset), targets.allowed).bits, targets
    ).tolist()


def forgetful(policy: Policy) -> Policy:
    """The policy without the dialogues that it kept."""
    kept, none = ReplayBuffer.unpack(policy.replay_buffer), np.zeros(0, np.int64)
    without = kept._replace(learned=take(kept.learned, none), held_out=take(kept.held_out, none))
    parts = (
        policy.settings,
        policy.actions,
        policy.featurizer,
        policy.decision_model,
        policy.weights,
    )
    return Policy(*parts, policy.training, policy.baselines, without.pack())


def babi_action(corpora: Path, dev: bool) -> Case:
    """An action that the base has never seen."""
    action = "where should it be"
    pool, test = babi(corpora, "trn"), babi(corpora, "dev" if dev else "tst")
    return Case(
        "bAbI task 5, a new action",
        without(pool, action),
        having(pool, action)[:100],
        without(test, action)[:TEST],
        having(test, action)[:TEST],
        [],
    )


def babi_weak(corpora: Path, dev: bool) -> Case:
    """A base that has seen too little, to be corrected."""
    pool, test = babi(corpora, "trn"), babi(corpora, "dev" if dev else "tst")
    return Case("bAbI task 5, 30 dialogues", pool[:30], [], test[:TEST], [], pool[30:])


def sgd_action(corpora: Path, dev: bool) -> Case:
    """An action that the base has never seen."""
    action = "NOTIFY_FAILURE"
    pool, test = sgd(corpora, dev)
    return Case(
        "SGD, a new action",
        without(pool, action)[:1000],
        having(pool, action)[:100],
        without(test, action)[:TEST],
        having(test, action)[:TEST],
        [],
    )


def sgd_domain(corpora: Path, dev: bool) -> Case:
    """Services that the base has never seen, with actions and features of their own."""
    pool, test = sgd(corpora, dev)
    known = [dialogue for dialogue in pool if not flies(dialogue)]
    return Case(
        "SGD, a new domain",
        known[:1000],
        [dialogue for dialogue in pool if flies(dialogue)][:100],
        [dialogue for dialogue in test if not flies(dialogue)][:TEST],
        [dialogue for dialogue in test if flies(dialogue)][:TEST],
        known[1000:1100],
    )


def having(dialogues: list[Dialogue], action: str) -> list[Dialogue]:
    return [d for d in dialogues if any(action in (turn.actions or ()) for turn in d.turns)]


def without(dialogues: list[Dialogue], action: str) -> list[Dialogue]:
    return [d for d in dialogues if not any(action in (turn.actions or ()) for turn in d.turns)]


def flies(dialogue: Dialogue) -> bool:
    return any(service.startswith("Flights") for service in dialogue.meta["services"])


def babi(corpora: Path, part: str) -> list[Dialogue]:
    return read_all([corpora / "babi" / f"dialog-babi-task5-full-dialogs-{part}.txt"])


def sgd(corpora: Path, dev: bool) -> tuple[list[Dialogue], list[Dialogue]]:
    """Dialogues to learn from, and to test: by lot, from the training split."""
    lots: dict[int, list[Dialogue]] = {lot: [] for lot in range(10)}
    for dialogue in read_all([corpora / "sgd" / "train.jsonl"], "sgd-slots"):
        lots[blake2b(dialogue.id.encode(), digest_size=1).digest()[0] % 10].append(dialogue)
    pool = [dialogue for lot in range(2, 10) for dialogue in lots[lot]]
    pool.sort(key=lambda dialogue: blake2b(dialogue.id.encode()).digest())
    return pool, lots[int(dev)]


if __name__ == "__main__":
    main()
