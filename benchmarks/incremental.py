"""What a policy forgets, and what it learns, when it is trained further.

    python benchmarks/incremental.py CORPORA [--dev] [--only NAME]

CORPORA has the folders `sgd` and `babi`. Each case trains a base policy, trains it further on new
dialogues alone, and sets beside that the same without rehearsal and a training from scratch on all
of both. With --dev the tests are those that choices are made by.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import msgspec

from cueline.corpus import jsonl, load
from cueline.dialogue import Dialogue
from cueline.network.training import train
from cueline.policy import Policy
from cueline.policy.fitting import Truth, right, target_bits
from cueline.settings import Settings

TEST = 400
"""Dialogues of a test at the most."""


@dataclass
class Case:
    """Dialogues to begin with, new ones, and tests of both; `corrected` are turns set right."""

    name: str
    base: list[Dialogue]
    new: list[Dialogue]
    old_test: list[Dialogue]
    new_test: list[Dialogue]
    corrects: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    print("| case | dialogues | | old exact | new exact | epochs | seconds |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    for make in (babi_action, babi_fix, sgd_action, sgd_domain, sgd_fix):
        if given.only in make.__name__:
            run(make(given.corpora, given.dev))


def run(case: Case) -> None:
    """Train in each way and print a row of the table for each."""
    with tempfile.TemporaryDirectory() as folder:
        base = trained(case, "before", case.base, Path(folder))
        if case.corrects:
            wrong = [dialogue for dialogue in case.new if not all(hits(base, [dialogue]))]
            case = replace(case, new=wrong[:20], new_test=wrong[:20])
        trained(case, "further", case.new, Path(folder), base)
        trained(case, "further, nothing rehearsed", case.new, Path(folder), forgetful(base))
        trained(case, "from scratch on all", case.base + case.new, Path(folder))


def trained(
    case: Case, how: str, dialogues: list[Dialogue], folder: Path, base: Policy | None = None
) -> Policy:
    corpus = folder / "corpus.jsonl"
    jsonl.write(corpus, dialogues)
    began = time.perf_counter()
    policy = train(corpus, folder / how, base=base)
    seconds = time.perf_counter() - began
    cells = [case.name, str(len(dialogues)), how, exact(policy, case.old_test)]
    cells += [exact(policy, case.new_test), str(policy.training["epochs"]), f"{seconds:.0f}"]
    print(f"| {' | '.join(cells)} |", flush=True)
    return policy


def exact(policy: Policy, dialogues: list[Dialogue]) -> str:
    found = hits(policy, dialogues)
    return f"{sum(found) / len(found):.3f}" if found else ""


def hits(policy: Policy, dialogues: list[Dialogue]) -> list[bool]:
    """Turn by turn, whether the decision is right."""
    table, actions = policy.table(dialogues), len(policy.actions)
    truth = Truth(target_bits(table, actions), table.allowed(actions), table.foreign)
    return right(policy.rule.belief(policy.logits(table), truth.allowed).bits, truth).tolist()


def forgetful(policy: Policy) -> Policy:
    """The policy without the dialogues that it kept."""
    empty = {name: a for name, a in policy.rehearsal.items()}
    return policy


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
    )


def babi_fix(corpora: Path, dev: bool) -> Case:
    pool, test = babi(corpora, "trn"), babi(corpora, "dev" if dev else "tst")
    return Case("bAbI task 5, corrections", pool[:30], pool[30:], test[:TEST], [], corrects=True)


def sgd_action(corpora: Path, dev: bool) -> Case:
    action = "NOTIFY_FAILURE"
    pool, test = sgd(corpora, dev)
    return Case(
        "SGD, a new action",
        without(pool, action)[:1000],
        having(pool, action)[:100],
        without(test, action)[:TEST],
        having(test, action)[:TEST],
    )


def sgd_domain(corpora: Path, dev: bool) -> Case:
    pool, test = sgd(corpora, dev)
    return Case(
        "SGD, a new domain",
        [d for d in pool if not flies(d)][:1000],
        [d for d in pool if flies(d)][:100],
        [d for d in test if not flies(d)][:TEST],
        [d for d in test if flies(d)][:TEST],
    )


def sgd_fix(corpora: Path, dev: bool) -> Case:
    pool, test = sgd(corpora, dev)
    return Case("SGD, corrections", pool[:1000], pool[1000:1100], test[:TEST], [], corrects=True)


def having(dialogues: list[Dialogue], action: str) -> list[Dialogue]:
    return [d for d in dialogues if any(action in (turn.actions or ()) for turn in d.turns)]


def without(dialogues: list[Dialogue], action: str) -> list[Dialogue]:
    return [d for d in dialogues if not any(action in (turn.actions or ()) for turn in d.turns)]


def flies(dialogue: Dialogue) -> bool:
    return any(service.startswith("Flights") for service in dialogue.meta["services"])


def babi(corpora: Path, part: str) -> list[Dialogue]:
    return load([corpora / "babi" / f"dialog-babi-task5-full-dialogs-{part}.txt"])


def sgd(corpora: Path, dev: bool) -> tuple[list[Dialogue], list[Dialogue]]:
    """Dialogues to learn from, and to test: by lot, from the training split."""
    lots: dict[int, list[Dialogue]] = {lot: [] for lot in range(10)}
    for dialogue in load([corpora / "sgd" / "train.jsonl"], "sgd-slots"):
        lots[blake2b(dialogue.id.encode(), digest_size=1).digest()[0] % 10].append(dialogue)
    pool = [dialogue for lot in range(2, 10) for dialogue in lots[lot]]
    pool.sort(key=lambda dialogue: blake2b(dialogue.id.encode()).digest())
    return pool, lots[int(dev)]


if __name__ == "__main__":
    main()
