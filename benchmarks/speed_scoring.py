"""Scoring speed: turns a second of a whole corpus, as an evaluation goes through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import speed_rounds as rounds
from benchmarks.speed_acting import EPOCHS, policy_folder
from benchmarks.speed_rounds import Figures

from cueline.corpus import load
from cueline.policy import Policy


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """The policy that acts, on SGD's dev dialogues."""
    folder = policy_folder(corpora, work, epochs or EPOCHS, sample)
    done = rounds.ask("speed_scoring", folder=str(folder))
    systems = done.get("systems", {"": done})
    print(rounds.table("Scoring a corpus, turns a second", systems), flush=True)
    return done


def measured(folder: str) -> Figures:
    """Featurising, the network with its decisions, and both, round by round."""
    policy = Policy.load(Path(folder, "policy"))
    dialogues = load([Path(folder, "dev.jsonl")])
    turns = sum(len(dialogue.turns) for dialogue in dialogues)
    table = policy.table(dialogues)
    allowed = table.allowed(len(policy.actions))

    def clocked(work: Callable[[], object]) -> Callable[[], Figures]:
        def run() -> Figures:
            began = time.perf_counter()
            work()
            return {"turns_per_s": turns / (time.perf_counter() - began)}

        return run

    def decisions() -> object:
        return policy.rule.belief(policy.logits(table), allowed)

    def together() -> object:
        table = policy.table(dialogues)
        return policy.rule.belief(policy.logits(table), table.allowed(len(policy.actions)))

    done = rounds.interleaved(
        {
            "featurising": clocked(lambda: policy.table(dialogues)),
            "logits": clocked(lambda: policy.logits(table)),
            "logits and decisions": clocked(decisions),
            "together": clocked(together),
        }
    )
    return {"turns": turns, "actions": len(policy.actions), "systems": rounds.summary(done)}


if __name__ == "__main__":
    rounds.answer(measured)
