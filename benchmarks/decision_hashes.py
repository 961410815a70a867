"""The decisions of policies trained on the spot, as one hash a corpus: did a change alter any?

    KERAS_BACKEND=jax OMP_NUM_THREADS=1 python -m benchmarks.decision_hashes [CORPORA]

Run it before and after a change that must not alter a decision, on the same machine. CORPORA has a
folder `babi` and a folder `sgd`; without it only the example corpus is trained on.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

import cueline
from cueline.corpus import read

EXAMPLES = Path(__file__).parent.parent / "examples"
BABI = "dialog-babi-task5-full-dialogs-{}.txt"
FIELDS = (
    "actions",
    "probabilities",
    "sure",
    "reason",
    "confidence",
    "masked",
    "reasons",
    "candidates",
    "cut",
)
SAMPLE = 300
"""Dialogues of SGD to train on; it takes a minute."""


def main() -> None:
    show("examples", EXAMPLES / "train.jsonl", read([EXAMPLES / "test.jsonl"]))
    if len(sys.argv) < 2:
        return
    corpora = Path(sys.argv[1])
    babi = corpora / "babi"
    show("bAbI 5", babi / BABI.format("trn"), read([babi / BABI.format("dev")]))
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "train.jsonl"
        lines = (corpora / "sgd/train.jsonl").read_bytes().splitlines(keepends=True)
        sample.write_bytes(b"".join(lines[:: len(lines) // SAMPLE][:SAMPLE]))
        show("SGD sample", sample, itertools.islice(read([corpora / "sgd/dev.jsonl"]), SAMPLE))


def show(name: str, corpus: Path, scored: Iterable[cueline.Dialogue]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy = cueline.train(corpus, out=Path(folder) / "policy", seed=7)
    turns, digest = decided(policy, scored)
    print(f"{name:12} {turns:6} turns  {digest}", flush=True)


def decided(policy: cueline.Policy, dialogues: Iterable[cueline.Dialogue]) -> tuple[int, str]:
    """How many turns were decided, and a hash of all that was decided at them."""
    hashed, turns = hashlib.sha256(), 0
    for dialogue in dialogues:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(turn, state)
            said = msgspec.to_builtins(decision)
            hashed.update(msgspec.json.encode([said[field] for field in FIELDS], order="sorted"))
            turns += 1
    return turns, hashed.hexdigest()[:16]


if __name__ == "__main__":
    main()
