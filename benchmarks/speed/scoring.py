"""Scoring speed: turns a second of a whole corpus, as an evaluation goes through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import rounds
from benchmarks.speed.acting import EPOCHS, policy_folder
from benchmarks.speed.corpora import EVERY, FILES
from benchmarks.speed.rounds import Figures

from cueline.corpus import read_all
from cueline.corpus.formats import jsonl
from cueline.policy import Policy
from cueline.settings import NetworkSettings


def part(corpora: Path, work: Path, epochs: int | None, sample: int | None) -> Figures:
    """SGD's dev dialogues by the policy that acts, and by one of SGD's own acts, as by default."""
    figures: Figures = {}
    for folder in (
        policy_folder(corpora, work, epochs or EPOCHS, sample),
        _default_folder(corpora, work, epochs or EPOCHS, sample),
    ):
        done = rounds.ask("speed.scoring", folder=str(folder))
        about = f"{done.get('actions')} actions, memory of {done.get('units')}"
        figures[about] = done
        systems = done.get("systems", {"": done})
        print(rounds.table(f"Scoring a corpus, turns a second, {about}", systems), flush=True)
    return figures


def _default_folder(corpora: Path, work: Path, epochs: int, sample: int | None) -> Path:
    """As `policy_folder`, with the default sizes and SGD's acts."""
    folder = work / f"scoring-{epochs}-{sample or 'all'}"
    if not (folder / "policy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES["SGD"]:
            some = read_all([corpora / file])[:sample]
            name = Path(file).name
            jsonl.write(folder / name, some[::EVERY] if name == "train.jsonl" else some)
        units = NetworkSettings().units
        done = rounds.ask("speed.teaching", folder=str(folder), epochs=epochs, units=units)
        if "failed" in done:
            raise SystemExit(done["failed"])
    return folder


def measured(folder: str) -> Figures:
    """Featurising, the network with its decisions, and both, round by round."""
    policy = Policy.load(Path(folder, "policy"))
    dialogues = read_all([Path(folder, "dev.jsonl")])
    turns = sum(len(dialogue.turns) for dialogue in dialogues)
    dataset = policy.dataset(dialogues)
    allowed = dataset.allowed(len(policy.actions))

    def clocked(work: Callable[[], object]) -> Callable[[], Figures]:
        def run() -> Figures:
            began = time.perf_counter()
            work()
            return {"turns_per_s": turns / (time.perf_counter() - began)}

        return run

    def decisions() -> object:
        return policy.decision_model.predict(policy.logits(dataset), allowed)

    def together() -> object:
        dataset = policy.dataset(dialogues)
        return policy.decision_model.predict(
            policy.logits(dataset), dataset.allowed(len(policy.actions))
        )

    done = rounds.interleaved(
        {
            "featurising": clocked(lambda: policy.dataset(dialogues)),
            "logits": clocked(lambda: policy.logits(dataset)),
            "logits and decisions": clocked(decisions),
            "together": clocked(together),
        }
    )
    return {
        "turns": turns,
        "actions": len(policy.actions),
        "units": policy.settings.network.units,
        "systems": rounds.summary(done),
    }


if __name__ == "__main__":
    rounds.answer(measured)
