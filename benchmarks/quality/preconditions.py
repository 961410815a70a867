"""Mine preconditions in one split of a corpus, and see how well the others keep them.

    python -m benchmarks.quality.preconditions CORPORA        CORPORA has a folder for each corpus

A precondition counts as kept where no dialogue of the split breaks it, among those that at least
one dialogue could break: it has the action, and for `never after` both.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from cueline.actions import ActionSpace
from cueline.corpus import read_all, split
from cueline.dialogue import Dialogue
from cueline.rules import Preconditions
from cueline.rules.conditions import WasDone
from cueline.rules.mining import mine
from cueline.rules.occurrences import Occurrences
from cueline.rules.precondition import Precondition

HERE = Path(__file__).parents[2]
CORPORA = {
    "the example corpus": (str(HERE / "examples/{}.jsonl"), None, "train", "valid", "test"),
    "bAbI task 5": (
        "babi/dialog-babi-task5-full-dialogs-{}.txt",
        None,
        *("trn", "dev", "tst", "tst-OOV"),
    ),
    "bAbI task 6": ("babi/dialog-babi-task6-dstc2-{}.txt", None, "trn", "dev", "tst"),
    "SGD, acts": ("sgd/{}.jsonl", None, "train", "dev"),
    "SGD, acts and slots": ("sgd/{}.jsonl", "sgd-slots", "train", "dev"),
    "Sim-M, acts": ("sim_dialogue/sim-M/{}.json", None, "train", "dev", "test"),
    "TED's MultiWOZ": ("ted_multiwoz/modular/{}.md", None, "train", "test"),
    "tau-bench, gpt-4o on airline, in halves": ("tau_bench/gpt-4o-airline.json", None),
}
"""Path, format, and the names of its splits, the one to mine in first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    folder = parser.parse_args().corpora
    print("| corpus | size | mining, CPU | proposed | kept elsewhere | turns breaking one |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, (path, format, *splits) in CORPORA.items():
        paths = [folder / path.format(split) for split in splits or [""]]
        if not all(map(Path.exists, paths)):
            print(f"| {name} | not here |")
            continue
        first, *others = (read_all([path], format) for path in paths)
        if not others:
            first, other = split(first, 0.5)
            others = [other]
        print(f"| {name} | {row(first, [d for other in others for d in other])} |", flush=True)


def row(corpus: list[Dialogue], others: list[Dialogue]) -> str:
    began, seen = time.process_time(), Occurrences()
    for dialogue in corpus:
        seen.add(dialogue)
    mined = [one.precondition for one in mine(seen) if not one.exceptions]
    seconds = time.process_time() - began
    space = ActionSpace.of(corpus)
    masks = Preconditions(mined, space)
    broken, breakable, turns = np.zeros(len(mined), bool), np.zeros(len(mined), bool), 0
    for dialogue in others:
        done = {name for turn in dialogue.turns for name in turn.actions or ()}
        breakable |= [could_break(one, done) for one in mined]
        violations = masks.violations(dialogue)
        broken |= violations.any(axis=0)
        turns += int(violations.any(axis=1).sum())
    whole = sum(len(dialogue.turns) for dialogue in others)
    kept, seen_there = int((breakable & ~broken).sum()), int(breakable.sum())
    cells = [
        f"{len(corpus):,} x {len(space)}",
        f"{seconds:.1f} s",
        str(len(mined)),
        f"{kept} of {seen_there} ({kept / max(seen_there, 1):.0%})",
        f"{turns} of {whole:,} ({turns / whole:.2%})",
    ]
    return " | ".join(cells)


def could_break(one: Precondition, done: set[str]) -> bool:
    both = one.fact.action in done if isinstance(one.fact, WasDone) and not one.only else True
    return one.action in done and both


if __name__ == "__main__":
    main()
