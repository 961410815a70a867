"""Policies to change between: other weights, other networks, other actions; and a quick trainer."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.policies import random_policy
from tests.server.acting import policy

_NETWORKS = (
    {"memory": "lstm", "decisions": "single"},
    {"memory": "gru", "decisions": "multi"},
    {"memory": "none", "encoder": "lstm", "decisions": "multi"},
    {"memory": "lstm", "answer": "dialogue", "decisions": "multi"},
)
_TRAIN = "import sys; from tests.server.machine.library import train; train(*sys.argv[1:])"


@cache
def policies() -> dict[str, Policy]:
    """By the name of their folder. The first two are at hand when a server starts."""
    made = [policy(seed, units=8) for seed in range(6)]
    for seed, network in enumerate(_NETWORKS):
        made.append(random_policy(NetworkSettings(embedding=5, units=7, **network), seed))
    return {f"policy-{number}": each for number, each in enumerate(made)}


def save_all(folder: Path) -> None:
    for name, each in policies().items():
        each.save(folder / name)


def training(folder: Path, out: Path, trained: Policy, corrected: Sequence[Dialogue]) -> list[str]:
    """In place of `cueline train`, which takes seconds: a process that is as quick as can be."""
    corrections, base = folder / "corrections.jsonl", folder / "policy"
    jsonl.write(corrections, corrected)
    trained.save(base)
    return [sys.executable, "-c", _TRAIN, str(corrections), str(base), str(out)]


def train(corrections: str, base: str, out: str) -> None:
    """A policy that depends on what was corrected, and has read it all."""
    dialogues = list(jsonl.read(Path(corrections)))
    print(f"{len(dialogues)} dialogues", flush=True)
    seed = zlib.crc32(Path(corrections).read_bytes()) + zlib.crc32(Policy.load(base).hash.encode())
    policy(1000 + seed % 1_000_000, units=8).save(out)
